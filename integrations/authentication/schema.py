"""How the API's schema names the ways to sign in."""

from typing import Any

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class BearerScheme(OpenApiAuthenticationExtension):
    """Describes ``Authorization: Bearer``."""

    target_class = "integrations.authentication.drf.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": (
                "An access token of POST /_allauth/app/v1/auth/login (5 minutes), an access token of the OAuth server "
                "below /identity/o/ (15 minutes), or a personal access token."
            ),
        }


class BasicScheme(OpenApiAuthenticationExtension):
    """Describes ``Authorization: Basic``."""

    target_class = "integrations.authentication.basic.BasicAuthentication"
    name = "basic"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "basic",
            "description": "E-mail address, and the password or a personal access token.",
        }


class SessionTokenScheme(OpenApiAuthenticationExtension):
    """Describes ``X-Session-Token``."""

    target_class = "integrations.authentication.drf.SessionTokenAuthentication"
    name = "sessionToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "X-Session-Token",
            "description": "The session token that POST /_allauth/app/v1/auth/login answers with.",
        }


class CookieScheme(SessionScheme):
    """Describes the session cookie."""

    target_class = "integrations.authentication.drf.SessionAuthentication"
    name = "sessionCookie"

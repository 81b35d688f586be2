"""Lets the forms of the sign-in pages lead to the providers: browsers ask the policy about redirects, too."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from kernel.http.security import CSP, policy_text

PAGES = "/accounts/"


class SignInPolicyMiddleware:
    """Names the providers in ``form-action`` on account pages alone; without providers nothing changes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Widen the policy of a page that has none of its own."""
        response = self.get_response(request)
        if settings.SIGN_IN_ORIGINS and request.path.startswith(PAGES):
            targets = " ".join(["'self'", *settings.SIGN_IN_ORIGINS])
            response.headers.setdefault(CSP, policy_text({"form-action": targets}))
        return response

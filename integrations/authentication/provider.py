"""Our own OAuth2 and OpenID Connect server."""

from allauth.idp.oidc.adapter import DefaultOIDCAdapter


class ProviderAdapter(DefaultOIDCAdapter):
    """Fits the server to our user, our claims and our address."""

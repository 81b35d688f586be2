"""Addresses of the OAuth server that stand before allauth's own of the same name."""

from allauth.idp.oidc import views
from django.urls import path

from integrations.authentication.provider_views import Authorize, SignOut, Token, not_offered, well_formed

urlpatterns = [
    path("identity/o/authorize", well_formed(Authorize.as_view())),
    path("identity/o/api/token", well_formed(Token.as_view())),
    path("identity/o/api/revoke", well_formed(views.revoke)),
    path("identity/o/api/introspect", well_formed(views.introspect)),
    path("identity/o/api/userinfo", well_formed(views.user_info)),
    path("identity/o/logout", SignOut.as_view()),
    path("identity/o/device", not_offered),
    path("identity/o/api/device/code", not_offered),
]

"""Addresses of the OAuth server that stand before allauth's own of the same name."""

from django.urls import path

from integrations.authentication.provider_views import Authorize, SignOut, Token, not_offered

urlpatterns = [
    path("identity/o/authorize", Authorize.as_view()),
    path("identity/o/api/token", Token.as_view()),
    path("identity/o/logout", SignOut.as_view()),
    path("identity/o/device", not_offered),
    path("identity/o/api/device/code", not_offered),
]

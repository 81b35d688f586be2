"""Addresses of signing in by others that are ours instead of django-allauth's; they stand before its own."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from integrations.authentication import google_and_github, openid_connect


def closed(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer that there is nothing: Google's one-tap button is not offered, and its address demands no CSRF token."""
    raise Http404


urlpatterns = [
    path("oidc/<str:provider_id>/login/", openid_connect.login, name="openid_connect_login"),
    path("oidc/<str:provider_id>/login/callback/", openid_connect.callback, name="openid_connect_callback"),
    path("google/login/callback/", google_and_github.google_callback, name="google_callback"),
    path("github/login/callback/", google_and_github.github_callback, name="github_callback"),
    path("google/login/token/", closed, name="google_login_by_token"),
]

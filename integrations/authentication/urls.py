"""Addresses of signing in by program, below /api/v1/."""

from django.urls import path

from integrations.authentication.exchange import ExchangeView

urlpatterns = [path("auth/exchange/", ExchangeView.as_view(), name="auth-exchange")]

"""Addresses of the API layer itself."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

"""Addresses of the products service: ``api`` below /api/v1/, ``pages`` below /."""

from django.urls import URLPattern, URLResolver

api: list[URLPattern | URLResolver] = []
pages: list[URLPattern | URLResolver] = []

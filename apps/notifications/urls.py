"""Addresses of the notifications service: ``api`` below /api/v1/, ``pages`` below /."""

from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from apps.notifications.views import MessageViewSet

router = SimpleRouter()
router.register("messages", MessageViewSet, basename="message")

api: list[URLPattern | URLResolver] = [*router.urls]
pages: list[URLPattern | URLResolver] = []

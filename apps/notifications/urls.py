"""Addresses of the notifications service: ``api`` below /api/v1/, ``pages`` below /."""

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from apps.notifications.pages import message, message_html, message_list, message_send_again
from apps.notifications.views import MessageViewSet

router = SimpleRouter()
router.register("messages", MessageViewSet, basename="message")

api: list[URLPattern | URLResolver] = [*router.urls]

_pages = [
    path("office/messages/", message_list, name="office_messages"),
    path("office/messages/<uuid:message_id>/", message, name="office_message"),
    path("office/messages/<uuid:message_id>/html/", message_html, name="office_message_html"),
    path("office/messages/<uuid:message_id>/send-again/", message_send_again, name="office_message_send_again"),
]
pages: list[URLPattern | URLResolver] = [path("", include((_pages, "notifications")))]

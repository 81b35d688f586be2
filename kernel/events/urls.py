"""Addresses of events: ``api`` below /api/v1/, ``pages`` below /."""

from django.urls import URLPattern, URLResolver, include, path

from kernel.events import pages as events
from kernel.events.views import EventWorkViewSet, InboxViewSet, OutboxViewSet

api: list[URLPattern | URLResolver] = [
    path("events/", EventWorkViewSet.as_view({"get": "figures"}), name="events"),
    path("events/outbox/", OutboxViewSet.as_view({"get": "list"}), name="event-outbox"),
    path("events/inbox/", InboxViewSet.as_view({"get": "list"}), name="event-inbox"),
    path("events/replay/", EventWorkViewSet.as_view({"post": "replay"}), name="event-replay"),
    path("events/refill/", EventWorkViewSet.as_view({"post": "refill"}), name="event-refill"),
]
_pages = [
    path("office/events/", events.inbox, name="office_events"),
    path("office/events/waiting/", events.outbox, name="office_events_waiting"),
    path("office/events/replay/", events.replay, name="office_events_replay"),
    path("office/events/refill/", events.refill, name="office_events_refill"),
]
pages: list[URLPattern | URLResolver] = [path("", include((_pages, "events")))]

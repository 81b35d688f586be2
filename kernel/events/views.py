"""The API of events: what waits, what handlers did, and having it done again."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.events import repair
from kernel.events.choosing import Choice, Status, rows_to_show
from kernel.events.figures import event_figures
from kernel.events.serializers import (
    EventFiguresSerializer,
    HandledEventSerializer,
    HandledQuerySerializer,
    RefilledSerializer,
    RefillSerializer,
    ReplayedSerializer,
    ReplaySerializer,
    WaitingEventSerializer,
    WaitingQuerySerializer,
)
from kernel.http.paging import KeysetPagination
from kernel.http.principals import holders_of
from kernel.http.views import ApiViewSet
from kernel.models import InboxRow, OutboxRow


class _EventViewSet(ApiViewSet):
    scope = "settings"
    permission_classes = (holders_of("settings"),)

    def _asked(self, kind: type[Any], given: Any) -> dict[str, Any]:
        asked = kind(data=given)
        asked.is_valid(raise_exception=True)
        return dict(asked.validated_data)

    def _query(self, kind: type[Any]) -> dict[str, Any]:
        known = kind().fields
        return self._asked(kind, {name: value for name, value in self.request.query_params.items() if name in known})


class OutboxPages(KeysetPagination):
    page_size = 50
    orderings = {"oldest": ("id",), "newest": ("-id",)}
    default_ordering = "oldest"


class InboxPages(KeysetPagination):
    page_size = 50
    orderings = {"newest": ("-handled_at", "-id"), "oldest": ("handled_at", "id")}


class OutboxViewSet(_EventViewSet):
    """Events on their way."""

    queryset = OutboxRow.objects.none()
    serializer_class = WaitingEventSerializer
    pagination_class = OutboxPages

    @extend_schema(parameters=[WaitingQuerySerializer])
    def list(self, request: Request) -> Response:  # noqa: ARG002 - DRF's signature
        """List the events that wait."""
        asked = Choice(**self._query(WaitingQuerySerializer))
        rows = self.paginate_queryset(rows_to_show(asked, asked.waiting))
        return self.get_paginated_response(WaitingEventSerializer(rows, many=True).data)


class InboxViewSet(_EventViewSet):
    """What each handler did with each event."""

    queryset = InboxRow.objects.none()
    serializer_class = HandledEventSerializer
    pagination_class = InboxPages

    @extend_schema(parameters=[HandledQuerySerializer])
    def list(self, request: Request) -> Response:  # noqa: ARG002 - DRF's signature
        """List what handlers did and what failed."""
        query = self._query(HandledQuerySerializer)
        status, event_id = query.pop("status", ""), query.pop("event_id", None)
        asked = Choice(
            statuses=(status,) if status else Status.values, event_ids=(event_id,) if event_id else (), **query
        )
        rows = self.paginate_queryset(rows_to_show(asked, asked.handled))
        return self.get_paginated_response(HandledEventSerializer(rows, many=True).data)


class EventWorkViewSet(_EventViewSet):
    """How events get on, and doing them again."""

    serializer_class = EventFiguresSerializer

    @extend_schema(responses=EventFiguresSerializer)
    def figures(self, request: Request) -> Response:  # noqa: ARG002 - DRF's signature
        """Tell how many events wait, and how many failed."""
        return Response(EventFiguresSerializer(event_figures(now=clock.now())).data)

    @extend_schema(request=ReplaySerializer, responses=ReplayedSerializer)
    def replay(self, request: Request) -> Response:
        """Give events to their handlers again."""
        asked = self._asked(ReplaySerializer, request.data)
        choice = Choice(statuses=(asked.pop("status"),), **asked)
        return Response(ReplayedSerializer(repair.replay(choice, actor=self.actor, now=clock.now())).data)

    @extend_schema(request=RefillSerializer, responses=RefilledSerializer)
    def refill(self, request: Request) -> Response:
        """Send events out again from their copies."""
        choice = Choice(**self._asked(RefillSerializer, request.data))
        count = repair.refill(choice, actor=self.actor, now=clock.now())
        return Response({"sent_again": count})

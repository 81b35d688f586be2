"""The API of messages, for staff."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED

from apps.notifications import selectors
from apps.notifications.models import Message
from apps.notifications.serializers import MessageSerializer, MessageSummarySerializer
from apps.notifications.services.writing import send_again
from contracts.rights import Right
from kernel import clock
from kernel.http.etags import ConcurrencyMixin
from kernel.http.paging import InvalidQueryError, KeysetPagination
from kernel.http.principals import holders_of
from kernel.http.validation import NothingSerializer
from kernel.http.views import ApiViewSet

LONGEST_WORD = 200


class MessagePages(KeysetPagination):
    page_size = 50


class MessageViewSet(ConcurrencyMixin, ApiViewSet):
    """What was told to whom, by e-mail."""

    scope = "orders"
    queryset = Message.objects.none()
    serializer_class = MessageSerializer
    pagination_class = MessagePages
    permission_classes = (holders_of(Right.ORDERS),)
    lookup_value_regex = "[0-9a-fA-F-]{32,36}"

    def get_queryset(self) -> QuerySet[Message]:
        return Message.objects.get_queryset()

    @extend_schema(
        responses=MessageSummarySerializer(many=True),
        parameters=[
            OpenApiParameter("search", str, description="Part of the recipient or the subject."),
            OpenApiParameter("status", str, enum=Message.Status.values, description="How far the message came."),
            OpenApiParameter("kind", str, description="Why it was written, such as order_placed."),
            OpenApiParameter("about", UUID, description="The order or the person it is about."),
        ],
    )
    def list(self, request: Request) -> Response:
        """List messages without their bodies."""
        rows = self.paginate_queryset(selectors.messages(**_filters(request.query_params)))
        return self.get_paginated_response(MessageSummarySerializer(rows, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Read a message; the body of one that held a code is not shown."""
        return Response(MessageSerializer(self.get_object()).data)

    @extend_schema(request=NothingSerializer, responses={201: MessageSerializer})
    @action(detail=True, methods=["post"], url_path="send-again")
    def send_again(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Queue the message once more, as a copy with an id of its own."""
        NothingSerializer(data=request.data).is_valid(raise_exception=True)
        copy = send_again(message_id=self.get_object().id, actor=self.actor, now=clock.now())
        return Response(MessageSerializer(copy).data, status=HTTP_201_CREATED)


def _filters(params: Any) -> dict[str, Any]:
    words = {name: params.get(name, "") for name in ("search", "status", "kind")}
    for name, word in words.items():
        if "\x00" in word or len(word) > LONGEST_WORD:
            raise InvalidQueryError(name, f"At most {LONGEST_WORD} characters, without control characters.")
    if "status" in params and words["status"] not in Message.Status.values:
        raise InvalidQueryError("status", f"Choose one of: {', '.join(Message.Status.values)}.")
    return {**words, "about": _uuid(params["about"]) if "about" in params else None}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidQueryError("about", "This is not an id.") from error

"""What can be done with an order over HTTP."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders.selectors.orders import (
    fulfilment_with_lines,
    fulfilments_of,
    history_of,
    notes_of,
    order_detail,
    refund_with_lines,
    refunds_of,
)
from apps.orders.serializers.actions import (
    NewFulfilmentSerializer,
    NewRefundSerializer,
    PaidSerializer,
    PaySerializer,
)
from apps.orders.serializers.orders import (
    ChangeSerializer,
    FulfilmentSerializer,
    NewNoteSerializer,
    NoteSerializer,
    OrderSerializer,
    RefundSerializer,
)
from apps.orders.services import payments
from apps.orders.services.cancelling import cancel_order
from apps.orders.services.fulfilments import fulfil_order
from apps.orders.services.notes import add_note
from apps.orders.services.refunds import refund_order
from apps.orders.views.access import OPTIONAL_KEY, ORDER_TOKEN, answer_once
from apps.orders.views.orders import OrderReading
from apps.orders.views.paging import HistoryPages, NotePages, ParcelPages, RefundPages
from contracts.rights import Right
from kernel import clock
from kernel.http.principals import holders_of
from kernel.http.validation import NothingSerializer


class OrderViewSet(OrderReading):
    """Orders: placed by anybody, seen by their customer and the staff."""

    @extend_schema(
        summary="Pay an order",
        description="Customers pay by card, here or at `action_url`; staff records money that arrived at the bank.",
        parameters=[ORDER_TOKEN],
        request=PaySerializer,
        responses=PaidSerializer,
    )
    @action(detail=True, methods=["post"])
    def pay(self, request: Request, pk: UUID) -> Response:
        """Pay an order, or take the second step of a payment."""
        asked = PaySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said: dict[str, str] = asked.validated_data
        now = clock.now()
        if self.actor.may(Right.ORDERS) and not {"method", "card_number", "confirmation_code"} & set(said):
            answer = payments.record_payment(
                order_id=pk, reference=said.get("reference", ""), actor=self.actor, now=now
            )
        else:
            answer = payments.pay_order(
                order_id=pk, method=said.get("method", ""), details=said, actor=self.actor, token=self.token, now=now
            )
        paid = {
            "payment": answer.payment,
            "requires_action": answer.needs_action,
            "action_url": answer.action_url,
            "order": order_detail(answer.order, now=now),
        }
        return Response(PaidSerializer(paid).data)

    @extend_schema(
        summary="Cancel an order", parameters=[ORDER_TOKEN], request=NothingSerializer, responses=OrderSerializer
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        """Call an order off while nothing has shipped."""
        NothingSerializer(data=request.data).is_valid(raise_exception=True)
        now = clock.now()
        order = cancel_order(order_id=pk, actor=self.actor, token=self.token, now=now)
        return Response(OrderSerializer(order_detail(order, now=now)).data)

    @extend_schema(
        summary="List an order's parcels", parameters=[ORDER_TOKEN], responses=FulfilmentSerializer(many=True)
    )
    @action(detail=True, methods=["get"], pagination_class=ParcelPages)
    def fulfilments(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002 - DRF's signature
        """List the parcels of an order."""
        page = self.paginate_queryset(fulfilments_of(self.get_object()))
        return self.get_paginated_response(FulfilmentSerializer(page, many=True).data)

    @extend_schema(
        summary="Ship some or all lines",
        parameters=[OPTIONAL_KEY],
        request=NewFulfilmentSerializer,
        responses={201: FulfilmentSerializer},
    )
    @fulfilments.mapping.post
    def fulfil(self, request: Request, pk: UUID) -> HttpResponse:
        """Write down a parcel that left the house."""
        self._check_staff()
        asked = NewFulfilmentSerializer(data=request.data)
        asked.is_valid(raise_exception=True)

        def ship() -> object:
            parcel = fulfil_order(order_id=pk, parcel=asked.validated_data, actor=self.actor, now=clock.now())
            return FulfilmentSerializer(fulfilment_with_lines(parcel.id)).data

        return answer_once(request, scope=f"orders.fulfil.{pk}", order_id=pk, status=status.HTTP_201_CREATED, work=ship)

    @extend_schema(summary="List an order's refunds", parameters=[ORDER_TOKEN], responses=RefundSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=RefundPages)
    def refunds(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002 - DRF's signature
        """List the refunds of an order."""
        page = self.paginate_queryset(refunds_of(self.get_object()))
        return self.get_paginated_response(RefundSerializer(page, many=True).data)

    @extend_schema(
        summary="Give money back",
        parameters=[OPTIONAL_KEY],
        request=NewRefundSerializer,
        responses={201: RefundSerializer},
    )
    @refunds.mapping.post
    def refund(self, request: Request, pk: UUID) -> HttpResponse:
        """Give back part or all of what was paid."""
        asked = NewRefundSerializer(data=request.data)
        asked.is_valid(raise_exception=True)

        def give_back() -> object:
            refund = refund_order(order_id=pk, wish=asked.validated_data, actor=self.actor, now=clock.now())
            return RefundSerializer(refund_with_lines(refund.id)).data

        return answer_once(
            request, scope=f"orders.refund.{pk}", order_id=pk, status=status.HTTP_201_CREATED, work=give_back
        )

    @extend_schema(summary="Read an order's history", parameters=[ORDER_TOKEN], responses=ChangeSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=HistoryPages)
    def history(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002 - DRF's signature
        """List every change of an order, oldest first."""
        page = self.paginate_queryset(history_of(self.get_object()).select_related("order"))
        shown = ChangeSerializer(page, many=True, context={"actor": self.actor}).data
        return self.get_paginated_response(shown)

    @extend_schema(summary="List the staff's notes", responses=NoteSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=NotePages)
    def notes(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002 - DRF's signature
        """List the staff's notes about an order."""
        self._check_staff()
        page = self.paginate_queryset(notes_of(self.get_object()))
        self.tag(None)  # a note does not change the order's version
        return self.get_paginated_response(NoteSerializer(page, many=True).data)

    @extend_schema(summary="Write a note", request=NewNoteSerializer, responses={201: NoteSerializer})
    @notes.mapping.post
    def write_note(self, request: Request, pk: UUID) -> Response:
        """Write a note that customers never see."""
        self._check_staff()
        asked = NewNoteSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        note = add_note(order_id=pk, actor=self.actor, now=clock.now(), **asked.validated_data)
        return Response(NoteSerializer(note).data, status=status.HTTP_201_CREATED)

    def _check_staff(self) -> None:
        """Refuse others before their input is looked at; whether the order exists stays unsaid."""
        if not holders_of(Right.ORDERS)().has_permission(self.request, self):
            self.permission_denied(self.request)

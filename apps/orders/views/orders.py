"""Orders over HTTP: list, place, read."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders.models.orders import Order
from apps.orders.selectors.orders import (
    find_order,
    order_detail,
    orders_matching,
    placed_detail,
)
from apps.orders.serializers.orders import (
    OrderQuerySerializer,
    OrderSerializer,
    OrderSummarySerializer,
    PlacedOrderSerializer,
    PlaceOrderSerializer,
)
from apps.orders.services.placing import place_order
from apps.orders.views.access import CART_TOKEN, IDEMPOTENCY_KEY, ORDER_TOKEN, cart_token, order_token
from apps.orders.views.paging import OrderPages
from contracts.rights import Right
from kernel import clock
from kernel.http.etags import ConcurrencyMixin
from kernel.http.idempotency import IdempotentRequest, run_once
from kernel.http.json import dumps
from kernel.http.principals import SignedIn, holders_of
from kernel.http.views import ApiViewSet

STAFF_ACTIONS = frozenset({"fulfil", "notes", "write_note"})
_Listing = SignedIn | holders_of(Right.ORDERS)
"""People list their own orders; a machine has none and lists all, with the scope for it."""
FILTERS = ("status", "payment_status", "fulfilment_status", "search", "overdue")


class OrderAccess(ApiViewSet):
    """Finds an order for those who may see it."""

    scope = "orders"
    action_scopes: ClassVar[dict[str, str]] = {"refund": "refunds"}
    queryset = Order.objects.none()
    serializer_class = OrderSerializer
    lookup_value_converter = "uuid"

    @property
    def token(self) -> str:
        """A guest's key to the order."""
        return order_token(self.request)

    def get_object(self) -> Order:
        """Return the order; another's is a 404."""
        return find_order(order_id=self.kwargs["pk"], actor=self.actor, token=self.token)


class OrderReading(ConcurrencyMixin, OrderAccess):
    """List, place and read orders."""

    pagination_class = OrderPages

    @property
    def throttle_scope(self) -> str:
        """Placing and paying have a bucket of their own."""
        return "checkout" if self.action in {"create", "pay"} else "default"

    def get_permissions(self) -> list[Any]:
        """Let everybody in: each order is checked; a list needs to know whose."""
        if self.action == "refund":
            return [holders_of(Right.REFUNDS)()]
        if self.action in STAFF_ACTIONS:
            return [holders_of(Right.ORDERS)()]
        return [_Listing()] if self.action == "list" else [AllowAny()]

    def get_queryset(self) -> QuerySet[Order]:
        """Return the visible orders that fit the query."""
        query = OrderQuerySerializer(
            data={name: self.request.query_params[name] for name in FILTERS if name in self.request.query_params},
        )
        query.is_valid(raise_exception=True)
        return orders_matching(actor=self.actor, narrow=query.validated_data, now=clock.now())

    @extend_schema(
        summary="List orders",
        description="Staff sees all, people see their own.",
        parameters=[OrderQuerySerializer],
        responses=OrderSummarySerializer(many=True),
    )
    def list(self, request: Request) -> Response:  # noqa: ARG002 - DRF's signature
        """List orders."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(OrderSummarySerializer(page, many=True).data)

    @extend_schema(
        summary="Place an order",
        description="Turns a cart into an order and takes its stock, or changes nothing at all.",
        parameters=[IDEMPOTENCY_KEY, CART_TOKEN],
        request=PlaceOrderSerializer,
        responses={201: PlacedOrderSerializer},
    )
    def create(self, request: Request) -> HttpResponse:
        """Place an order; a repetition under the same key gets the same bytes."""
        return run_once(request, scope="orders.place_order", effect=self._place, secret=cart_token(request))

    def _place(self, idem: IdempotentRequest) -> HttpResponse:
        asked = PlaceOrderSerializer(data=self.request.data, context={"actor": self.actor})
        asked.is_valid(raise_exception=True)
        now = clock.now()
        answers: list[HttpResponse] = []
        place_order(
            **asked.validated_data,
            actor=self.actor,
            token=cart_token(self.request),
            now=now,
            keep_answer=lambda placed: answers.append(
                idem.store(
                    status=status.HTTP_201_CREATED,
                    body=dumps(PlacedOrderSerializer(placed_detail(placed.order, lines=placed.lines)).data),
                    resource_id=placed.order.id,
                ),
            ),
        )
        return answers[-1]

    @extend_schema(summary="Read an order", parameters=[ORDER_TOKEN], responses=OrderSerializer)
    def retrieve(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002 - DRF's signature
        """Read an order."""
        return Response(OrderSerializer(order_detail(self.get_object(), now=clock.now())).data)

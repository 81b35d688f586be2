"""Carts over HTTP."""

from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders.models.carts import Cart
from apps.orders.selectors.carts import CartContents, cart_view, carts_of, contents_of, find_cart
from apps.orders.serializers.carts import (
    CartSerializer,
    CartSummarySerializer,
    CodeSerializer,
    DeliveryQuerySerializer,
    NewLineSerializer,
    QuantitySerializer,
)
from apps.orders.services import carts
from apps.orders.services.cart_claims import claim_cart
from apps.orders.services.cart_vouchers import remove_voucher, set_voucher
from apps.orders.views.access import CART_TOKEN, cart_token
from apps.orders.views.paging import CartPages
from kernel import clock
from kernel.http.etags import etag_of, expected_version, require_match
from kernel.http.principals import SignedIn
from kernel.http.validation import NothingSerializer
from kernel.http.views import ApiViewSet

WHERE = ("country", "shipping_method")
"""Query parameters of every answer that shows totals."""


@extend_schema_view(
    create=extend_schema(summary="Start a cart", request=NothingSerializer, responses={201: CartSerializer}),
    list=extend_schema(summary="List one's own open carts", responses=CartSummarySerializer(many=True)),
)
class CartViewSet(ApiViewSet):
    """Carts: a guest's is reached by its token, a person's by its person.

    An answer carries the cart's tag for ``If-Match``; prices change without it, so nothing is ever "not modified".
    """

    scope = "orders"
    queryset = Cart.objects.none()
    serializer_class = CartSerializer
    pagination_class = CartPages
    lookup_value_converter = "uuid"
    has_etags = True

    @property
    def throttle_scope(self) -> str:
        """Trying codes has the bucket of the till, so that nobody guesses for long."""
        return "checkout" if self.action == "voucher" else "default"

    def get_permissions(self) -> list[AllowAny | SignedIn]:
        """Let everybody in: the cart is checked; a list needs to know whose."""
        return [SignedIn()] if self.action in {"list", "claim"} else [AllowAny()]

    def get_queryset(self) -> QuerySet[Cart]:
        """Return the carts of whoever asks."""
        return carts_of(self.actor)

    def list(self, request: Request) -> Response:  # noqa: ARG002 - DRF's signature
        """List one's own open carts."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(CartSummarySerializer(page, many=True).data)

    def create(self, request: Request) -> Response:
        """Start a cart."""
        NothingSerializer(data=request.data).is_valid(raise_exception=True)
        cart = carts.create_cart(actor=self.actor, now=clock.now())
        return self._answer(CartContents(cart=cart, lines=[], quotes={}), code=status.HTTP_201_CREATED)

    @extend_schema(summary="Read a cart", parameters=[CART_TOKEN, DeliveryQuerySerializer], responses=CartSerializer)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Read a cart with today's prices."""
        return self._answer(contents_of(find_cart(cart_id=pk, actor=self.actor, token=cart_token(request))))

    @extend_schema(summary="Throw a cart away", parameters=[CART_TOKEN], responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Throw an open cart away."""
        carts.discard_cart(cart_id=pk, actor=self.actor, token=cart_token(request), version=self._expected_version(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Put something into a cart",
        parameters=[CART_TOKEN],
        request=NewLineSerializer,
        responses={201: CartSerializer},
    )
    @action(detail=True, methods=["post"])
    def lines(self, request: Request, pk: UUID) -> Response:
        """Put so many more of a SKU into the cart."""
        asked = NewLineSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        contents = carts.add_line(
            cart_id=pk, actor=self.actor, token=cart_token(request), now=clock.now(), **asked.validated_data
        )
        return self._answer(contents, code=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Change the quantity of a line",
        parameters=[CART_TOKEN],
        request=QuantitySerializer,
        responses=CartSerializer,
    )
    @action(detail=True, methods=["patch"], url_path="lines/<uuid:line_id>")
    def line(self, request: Request, pk: UUID, line_id: UUID) -> Response:
        """Set how many of a line are wanted."""
        version = self._expected_version(pk)
        asked = QuantitySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        contents = carts.set_quantity(
            cart_id=pk,
            line_id=line_id,
            actor=self.actor,
            token=cart_token(request),
            now=clock.now(),
            version=version,
            **asked.validated_data,
        )
        return self._answer(contents)

    @extend_schema(summary="Take a line out", parameters=[CART_TOKEN], request=None, responses=CartSerializer)
    @line.mapping.delete
    def remove_line(self, request: Request, pk: UUID, line_id: UUID) -> Response:
        """Take a line out."""
        contents = carts.remove_line(
            cart_id=pk,
            line_id=line_id,
            actor=self.actor,
            token=cart_token(request),
            now=clock.now(),
            version=self._expected_version(pk),
        )
        return self._answer(contents)

    @extend_schema(
        summary="Make a guest's cart one's own",
        parameters=[CART_TOKEN],
        request=NothingSerializer,
        responses=CartSerializer,
    )
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: UUID) -> Response:
        """Make a guest's cart one's own, or merge it into the one there is."""
        NothingSerializer(data=request.data).is_valid(raise_exception=True)
        return self._answer(claim_cart(cart_id=pk, actor=self.actor, token=cart_token(request), now=clock.now()))

    @extend_schema(
        summary="Put a voucher into a cart",
        description="It is looked at now and counted when the order is placed.",
        parameters=[CART_TOKEN],
        request=CodeSerializer,
        responses=CartSerializer,
    )
    @action(detail=True, methods=["post"])
    def voucher(self, request: Request, pk: UUID) -> Response:
        """Put a voucher into a cart, in the place of another."""
        version = self._expected_version(pk)
        asked = CodeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        contents = set_voucher(
            cart_id=pk,
            actor=self.actor,
            token=cart_token(request),
            now=clock.now(),
            version=version,
            **asked.validated_data,
        )
        return self._answer(contents)

    @extend_schema(
        summary="Take the voucher out", parameters=[CART_TOKEN], request=None, responses={200: CartSerializer}
    )
    @voucher.mapping.delete
    def remove_voucher(self, request: Request, pk: UUID) -> Response:
        """Take the voucher out; a cart without one stays as it is."""
        version = self._expected_version(pk)
        contents = remove_voucher(
            cart_id=pk, actor=self.actor, token=cart_token(request), now=clock.now(), version=version
        )
        return self._answer(contents)

    def _expected_version(self, cart_id: UUID) -> int | None:
        """Look at the cart first when the client says which version it saw."""
        if "If-Match" not in self.request.headers:
            return None
        cart = find_cart(cart_id=cart_id, actor=self.actor, token=cart_token(self.request))
        require_match(self.request, cart)
        version: int | None = expected_version(self.request, cart)
        return version

    def _answer(self, contents: CartContents, *, code: int = status.HTTP_200_OK) -> Response:
        where = DeliveryQuerySerializer(
            data={name: self.request.query_params[name] for name in WHERE if name in self.request.query_params},
        )
        where.is_valid(raise_exception=True)
        view = cart_view(
            contents,
            now=clock.now(),
            country=where.validated_data.get("country", ""),
            method=where.validated_data.get("shipping_method", ""),
        )
        return Response(CartSerializer(view).data, status=code, headers={"ETag": etag_of(contents.cart)})

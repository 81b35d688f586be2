"""Delivery methods over HTTP: everybody reads and asks for prices, staff changes them."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders.models.settings import ShippingMethod
from apps.orders.selectors.carts import cart_view, contents_of, find_cart
from apps.orders.selectors.shop import shipping_methods
from apps.orders.serializers.settings import ShippingMethodSerializer, quoted, terms_from
from apps.orders.services.shipping_methods import (
    ShippingTerms,
    add_shipping_method,
    change_shipping_method,
    remove_shipping_method,
)
from apps.orders.views.access import CART_TOKEN, cart_token
from apps.orders.views.paging import ShippingMethodPages
from contracts.rights import Right
from kernel import clock
from kernel.http.etags import ConcurrencyMixin, expected_version, merge
from kernel.http.principals import readers_and_holders_of
from kernel.http.validation import CountryField, QuerySerializer
from kernel.http.views import ApiViewSet

QUERY = ("country", "cart")


class QuoteQuerySerializer(QuerySerializer):
    """For which cart, going where."""

    country = CountryField(required=False, help_text="Where it goes; the shop's own country by default.")
    cart = serializers.UUIDField(required=False, help_text="Answer with what each method costs for this cart.")


class ShippingMethodViewSet(ConcurrencyMixin, ApiViewSet):
    """Delivery methods."""

    scope = "settings"
    permission_classes = (readers_and_holders_of(Right.SETTINGS),)
    queryset = ShippingMethod.objects.none()
    serializer_class = ShippingMethodSerializer
    pagination_class = ShippingMethodPages
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[ShippingMethod]:
        """Return the methods that the actor may see: staff sees those that are switched off, too."""
        return shipping_methods(actor=self.actor)

    @extend_schema(
        summary="List delivery methods",
        description="With `cart`, the methods that fit it, the cheapest first, each with its `quoted_price`.",
        parameters=[QuoteQuerySerializer, CART_TOKEN],
        responses={
            200: ShippingMethodSerializer(many=True),
            404: OpenApiResponse(description="There is no such cart."),
        },
    )
    def list(self, request: Request) -> Response:
        """List delivery methods, or what they cost for a cart."""
        asked = QuoteQuerySerializer(
            data={name: request.query_params[name] for name in QUERY if name in request.query_params}
        )
        asked.is_valid(raise_exception=True)
        country = asked.validated_data.get("country", "")
        if "cart" in asked.validated_data:
            return self._quote(asked.validated_data["cart"], country=country)
        page = self.paginate_queryset(self.get_queryset())
        fitting = [
            method for method in page or [] if not country or not method.countries or country in method.countries
        ]
        return self.get_paginated_response(ShippingMethodSerializer(fitting, many=True).data)

    def _quote(self, cart_id: UUID, *, country: str) -> Response:
        cart = find_cart(cart_id=cart_id, actor=self.actor, token=cart_token(self.request))
        options = cart_view(contents_of(cart), now=clock.now(), country=country).delivery_options
        rows = [quoted(option) for option in options]
        return Response({"results": rows, "next": None, "previous": None, "count": None, "count_is_capped": False})

    @extend_schema(summary="Add a delivery method", responses={201: ShippingMethodSerializer})
    def create(self, request: Request) -> Response:
        """Add a method."""
        method = add_shipping_method(terms=terms_from(_said(request)), actor=self.actor, now=clock.now())
        self.tag(method)
        return Response(ShippingMethodSerializer(method).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Read a delivery method")
    def retrieve(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002 - DRF's signature
        """Read a method."""
        return Response(ShippingMethodSerializer(self.get_object()).data)

    @extend_schema(summary="Replace a delivery method")
    def update(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002 - DRF's signature
        """Replace a method."""
        present: ShippingMethod = self.get_object()
        return self._changed(present, terms_from(_said(request)), version=expected_version(request, present))

    @extend_schema(summary="Change a delivery method")
    def partial_update(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002 - DRF's signature
        """Change some of a method."""

        def write(present: ShippingMethod, version: int) -> Response:
            terms = terms_from(_said(request, is_partial=True), present=present)
            return self._changed(present, terms, version=version)

        return merge(request, look=self.get_object, write=write)

    @extend_schema(summary="Remove a delivery method", responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Remove a method."""
        method = self.get_object()
        remove_shipping_method(method_id=pk, actor=self.actor, version=expected_version(request, method))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _changed(self, present: ShippingMethod, terms: ShippingTerms, *, version: int | None) -> Response:
        method = change_shipping_method(
            method_id=present.id, terms=terms, actor=self.actor, now=clock.now(), version=version
        )
        self.tag(method)
        return Response(ShippingMethodSerializer(method).data)


def _said(request: Request, *, is_partial: bool = False) -> dict[str, Any]:
    asked = ShippingMethodSerializer(data=request.data, partial=is_partial)
    asked.is_valid(raise_exception=True)
    values: dict[str, Any] = asked.validated_data
    return values

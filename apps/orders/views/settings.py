"""The shop's settings, tax rates and delivery methods over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders.models.settings import ShopSettings, TaxRate
from apps.orders.selectors.shop import present_settings, shop
from apps.orders.selectors.shop import tax_rates as all_tax_rates
from apps.orders.serializers.settings import (
    ShopSerializer,
    ShopSettingsSerializer,
    TaxRateSerializer,
    public_profile,
)
from apps.orders.services.settings import apply_shop_settings
from apps.orders.services.tax_rates import RATE, add_tax_rate, change_tax_rate, remove_tax_rate
from apps.orders.views.paging import TaxRatePages
from contracts.rights import Right
from kernel import clock
from kernel.http.etags import ConcurrencyMixin, etag_of, expected_version, merge, require_match
from kernel.http.principals import holders_of, readers_and_holders_of
from kernel.http.views import ApiView, ApiViewSet


class ShopView(ApiView):
    """The one shop."""

    scope = "settings"
    permission_classes = (readers_and_holders_of(Right.SETTINGS),)
    has_etags = True

    @extend_schema(
        summary="Read the shop's profile",
        description="Everybody reads the profile; staff reads every setting.",
        responses=ShopSerializer,
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002 - DRF's signature
        """Read the profile, or every setting."""
        if self.actor.may(Right.SETTINGS):
            return _shown(present_settings())
        return Response(ShopSerializer(public_profile(shop().profile)).data)

    @extend_schema(summary="Change settings", request=ShopSettingsSerializer(partial=True), responses=ShopSerializer)
    def patch(self, request: Request) -> Response:
        """Change some settings."""
        present = present_settings()
        require_match(request, present)
        asked = ShopSettingsSerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        version = expected_version(request, present)
        return _shown(
            apply_shop_settings(changes=asked.validated_data, actor=self.actor, now=clock.now(), version=version)
        )


def _shown(settings: ShopSettings) -> Response:
    return Response(ShopSerializer(settings).data, headers={"ETag": etag_of(settings)})


class TaxRateViewSet(ConcurrencyMixin, ApiViewSet):
    """Tax rates by country and class of goods."""

    scope = "settings"
    permission_classes = (holders_of(Right.SETTINGS),)
    queryset = TaxRate.objects.none()
    serializer_class = TaxRateSerializer
    pagination_class = TaxRatePages
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[TaxRate]:
        """Return every rate."""
        return all_tax_rates()

    @extend_schema(summary="List tax rates", responses=TaxRateSerializer(many=True))
    def list(self, request: Request) -> Response:  # noqa: ARG002 - DRF's signature
        """List tax rates."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(TaxRateSerializer(page, many=True).data)

    @extend_schema(summary="Add a tax rate", responses={201: TaxRateSerializer})
    def create(self, request: Request) -> Response:
        """Add a rate."""
        rate = add_tax_rate(**_said(request), actor=self.actor, now=clock.now())
        self.tag(rate)
        return Response(TaxRateSerializer(rate).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Read a tax rate")
    def retrieve(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002 - DRF's signature
        """Read a rate."""
        return Response(TaxRateSerializer(self.get_object()).data)

    @extend_schema(summary="Replace a tax rate")
    def update(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002 - DRF's signature
        """Replace a rate."""
        rate = self.get_object()
        return self._changed(rate, _said(request), version=expected_version(request, rate))

    @extend_schema(summary="Change a tax rate")
    def partial_update(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002 - DRF's signature
        """Change some of a rate."""

        def write(rate: TaxRate, version: int) -> Response:
            present = {name: getattr(rate, name) for name in RATE}
            return self._changed(rate, present | _said(request, partial=True), version=version)

        return merge(request, look=self.get_object, write=write)

    @extend_schema(summary="Remove a tax rate", responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Remove a rate."""
        rate = self.get_object()
        remove_tax_rate(rate_id=pk, actor=self.actor, version=expected_version(request, rate))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _changed(self, present: TaxRate, values: dict[str, Any], *, version: int | None) -> Response:
        rate = change_tax_rate(rate_id=present.id, **values, actor=self.actor, now=clock.now(), version=version)
        self.tag(rate)
        return Response(TaxRateSerializer(rate).data)


def _said(request: Request, *, partial: bool = False) -> dict[str, Any]:
    asked = TaxRateSerializer(data=request.data, partial=partial)
    asked.is_valid(raise_exception=True)
    values: dict[str, Any] = asked.validated_data
    return values

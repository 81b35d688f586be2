"""Vouchers over HTTP: staff gives them out."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders.models.vouchers import Voucher
from apps.orders.selectors.vouchers import vouchers_matching
from apps.orders.serializers.vouchers import VoucherQuerySerializer, VoucherSerializer, wish_from
from apps.orders.services.vouchers import VoucherWish, add_voucher, change_voucher, remove_voucher
from apps.orders.views.paging import VoucherPages
from contracts.rights import Right
from kernel import clock
from kernel.http.etags import ConcurrencyMixin, etag_of, expected_version, merge
from kernel.http.principals import holders_of
from kernel.http.views import ApiViewSet


class VoucherViewSet(ConcurrencyMixin, ApiViewSet):
    """Vouchers; a read is never "not modified", for every order counts without another version."""

    scope = "settings"
    permission_classes = (holders_of(Right.SETTINGS),)
    queryset = Voucher.objects.none()
    serializer_class = VoucherSerializer
    pagination_class = VoucherPages
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Voucher]:
        """Return the vouchers that fit the query; one by its id whatever the query."""
        if self.action != "list":
            return vouchers_matching()
        asked = {name: self.request.query_params[name] for name in ("search",) if name in self.request.query_params}
        query = VoucherQuerySerializer(data=asked)
        query.is_valid(raise_exception=True)
        return vouchers_matching(query.validated_data.get("search", ""))

    @extend_schema(summary="List vouchers", parameters=[VoucherQuerySerializer], responses=VoucherSerializer(many=True))
    def list(self, request: Request) -> Response:  # noqa: ARG002 - DRF's signature
        """List vouchers."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(VoucherSerializer(page, many=True).data)

    @extend_schema(summary="Give out a voucher", responses={201: VoucherSerializer})
    def create(self, request: Request) -> Response:
        """Give out a voucher."""
        asked = _said(request)
        voucher = add_voucher(wish=wish_from(asked), actor=self.actor, now=clock.now())
        return _shown(voucher, code=status.HTTP_201_CREATED)

    @extend_schema(summary="Read a voucher")
    def retrieve(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002 - DRF's signature
        """Read a voucher."""
        return _shown(self.get_object())

    @extend_schema(summary="Replace a voucher")
    def update(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002 - DRF's signature
        """Replace a voucher."""
        present = self.get_object()
        return self._changed(present, wish_from(_said(request)), version=expected_version(request, present))

    @extend_schema(summary="Change a voucher")
    def partial_update(self, request: Request, pk: UUID) -> Response:  # noqa: ARG002 - DRF's signature
        """Change some of a voucher."""

        def write(present: Voucher, version: int) -> Response:
            return self._changed(present, wish_from(_said(request, is_partial=True), present=present), version=version)

        return merge(request, look=self.get_object, write=write)

    @extend_schema(summary="Remove a voucher", description="Only one that was never redeemed.", responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Remove a voucher that was never redeemed."""
        version = expected_version(request, self.get_object())
        remove_voucher(voucher_id=pk, actor=self.actor, version=version)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _changed(self, present: Voucher, wish: VoucherWish, *, version: int | None) -> Response:
        return _shown(
            change_voucher(voucher_id=present.id, wish=wish, actor=self.actor, now=clock.now(), version=version)
        )


def _shown(voucher: Voucher, *, code: int = status.HTTP_200_OK) -> Response:
    return Response(VoucherSerializer(voucher).data, status=code, headers={"ETag": etag_of(voucher)})


def _said(request: Request, *, is_partial: bool = False) -> dict[str, Any]:
    asked = VoucherSerializer(data=request.data, partial=is_partial)
    asked.is_valid(raise_exception=True)
    values: dict[str, Any] = asked.validated_data
    return values

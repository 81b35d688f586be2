"""Variants: everybody reads those of published products, staff writes."""

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.products.models.catalogue import Variant
from apps.products.rules.options import values_of
from apps.products.selectors.rows import options_of, visible_variants
from apps.products.serializers.variants import (
    NewVariantOfProductSerializer,
    VariantChangeSerializer,
    VariantSerializer,
)
from apps.products.services.drafts import VariantDraft
from apps.products.services.variants import add_variant, remove_variant, update_variant
from apps.products.views.queries import UUID_PATTERN, uuid_of
from contracts.rights import Right
from kernel import clock
from kernel.http.etags import ConcurrencyMixin, expected_version
from kernel.http.paging import KeysetPagination
from kernel.http.principals import readers_and_holders_of
from kernel.http.views import ApiViewSet


class VariantPages(KeysetPagination):
    """Orderings of variants."""

    orderings = {"newest": ("-id",), "oldest": ("id",), "sku": ("sku",)}


class VariantViewSet(ConcurrencyMixin, ApiViewSet):
    """What can be put into a cart."""

    scope = "catalogue"
    queryset = Variant.objects.none()
    serializer_class = VariantSerializer
    pagination_class = VariantPages
    permission_classes = (readers_and_holders_of(Right.CATALOGUE),)
    lookup_value_regex = UUID_PATTERN

    def get_queryset(self) -> QuerySet[Variant]:
        return visible_variants(self.actor)

    @extend_schema(
        parameters=[
            OpenApiParameter("product", OpenApiTypes.UUID, description="Only the variants of this product."),
            OpenApiParameter("sku", str, description="Only the variant with this SKU."),
        ],
        auth=[],
    )
    def list(self, request: Request) -> Response:
        """List variants."""
        variants = self.get_queryset()
        if product := uuid_of(request, "product"):
            variants = variants.filter(product_id=product)
        if sku := request.query_params.get("sku", "").replace("\x00", ""):
            variants = variants.filter(sku=sku)
        return self.get_paginated_response(VariantSerializer(self.paginate_queryset(variants), many=True).data)

    @extend_schema(auth=[])
    def retrieve(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Read a variant."""
        return Response(VariantSerializer(self.get_object()).data)

    @extend_schema(request=NewVariantOfProductSerializer, responses={201: VariantSerializer})
    def create(self, request: Request) -> Response:
        """Add a variant to a product."""
        asked = NewVariantOfProductSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = dict(asked.validated_data)
        product = wanted.pop("product")
        choice = values_of(options_of(product), wanted.pop("options", {}))
        draft = VariantDraft(**wanted, options=choice)
        variant = add_variant(product_id=product, draft=draft, actor=self.actor, now=clock.now())
        return self._answer(variant, status=HTTPStatus.CREATED)

    @extend_schema(request=VariantChangeSerializer, responses=VariantSerializer)
    def update(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Change a variant; the price is required."""
        return self._change(request, partial=False)

    @extend_schema(request=VariantChangeSerializer, responses=VariantSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Change what is given of a variant."""
        return self._change(request, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Remove a variant and its stock."""
        variant = self.get_object()
        remove_variant(variant_id=variant.id, actor=self.actor, version=expected_version(request, variant))
        return Response(status=HTTPStatus.NO_CONTENT)

    def _change(self, request: Request, *, partial: bool) -> Response:
        variant = self.get_object()
        asked = VariantChangeSerializer(data=request.data, partial=partial)
        asked.is_valid(raise_exception=True)
        changes: Any = dict(asked.validated_data)
        if "options" in changes:
            changes["options"] = values_of(variant.product.options, changes["options"])
        version = expected_version(request, variant)
        changed = update_variant(
            variant_id=variant.id, changes=changes, actor=self.actor, now=clock.now(), version=version
        )
        return self._answer(changed)

    def _answer(self, variant: Variant, *, status: HTTPStatus = HTTPStatus.OK) -> Response:
        self.tag(variant)
        headers = {"Location": reverse("variant-detail", args=[variant.id])} if status == HTTPStatus.CREATED else {}
        return Response(VariantSerializer(variant).data, status=status, headers=headers)

"""Pictures: everybody sees those of published products, staff adds, describes and removes them."""

from http import HTTPStatus

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.products.models.media import Media
from apps.products.selectors.rows import visible_media
from apps.products.serializers.others import MediaChangeSerializer, MediaSerializer, NewMediaSerializer
from apps.products.services.media import add_picture, remove_picture, update_picture
from apps.products.views.queries import UUID_PATTERN, uuid_of
from contracts.rights import Right
from kernel import clock
from kernel.http.etags import ConcurrencyMixin, expected_version
from kernel.http.json import StrictJSONParser
from kernel.http.paging import KeysetPagination
from kernel.http.principals import readers_and_holders_of
from kernel.http.views import ApiViewSet


class MediaPages(KeysetPagination):
    """Orderings of pictures."""

    orderings = {"position": ("position", "id"), "newest": ("-id",)}
    default_ordering = "position"


class MediaViewSet(ConcurrencyMixin, ApiViewSet):
    """Pictures of products."""

    scope = "catalogue"
    queryset = Media.objects.none()
    serializer_class = MediaSerializer
    pagination_class = MediaPages
    permission_classes = (readers_and_holders_of(Right.CATALOGUE),)
    lookup_value_regex = UUID_PATTERN

    def get_parsers(self) -> list[StrictJSONParser | MultiPartParser]:  # type: ignore[override] # DRF's list is of the base class
        """Read an upload as a form, everything else as JSON."""
        return (
            [MultiPartParser()]
            if getattr(getattr(self, "request", None), "method", "") == "POST"
            else [StrictJSONParser()]
        )

    def get_queryset(self) -> QuerySet[Media]:
        return visible_media(self.actor)

    @extend_schema(
        parameters=[OpenApiParameter("product", OpenApiTypes.UUID, description="Only the pictures of this product.")],
        auth=[],
    )
    def list(self, request: Request) -> Response:
        """List pictures."""
        media = self.get_queryset()
        if product := uuid_of(request, "product"):
            media = media.filter(product_id=product)
        return self.get_paginated_response(MediaSerializer(self.paginate_queryset(media), many=True).data)

    @extend_schema(auth=[])
    def retrieve(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Read what is known of a picture."""
        return Response(MediaSerializer(self.get_object()).data)

    @extend_schema(request={"multipart/form-data": NewMediaSerializer}, responses={201: MediaSerializer})
    def create(self, request: Request) -> Response:
        """Add a picture to a product; it is checked and drawn anew without its metadata."""
        asked = NewMediaSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        media = add_picture(
            product_id=wanted["product"],
            variant_id=wanted.get("variant"),
            alt=wanted.get("alt", ""),
            content=wanted["file"].read(),
            actor=self.actor,
            now=clock.now(),
        )
        self.tag(media)
        headers = {"Location": reverse("media-detail", args=[media.id])}
        return Response(MediaSerializer(media).data, status=HTTPStatus.CREATED, headers=headers)

    @extend_schema(request=MediaChangeSerializer, responses=MediaSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Change text, place or variant of a picture."""
        media = self.get_object()
        asked = MediaChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        changed = update_picture(
            media_id=media.id,
            changes=asked.validated_data,
            actor=self.actor,
            now=clock.now(),
            version=expected_version(request, media),
        )
        self.tag(changed)
        return Response(MediaSerializer(changed).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Remove a picture."""
        media = self.get_object()
        remove_picture(media_id=media.id, actor=self.actor, version=expected_version(request, media))
        return Response(status=HTTPStatus.NO_CONTENT)

"""Categories: everybody reads, staff writes."""

from http import HTTPStatus
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.products.models.catalogue import Category
from apps.products.selectors.catalogue import category_id_of
from apps.products.selectors.rows import categories
from apps.products.serializers.others import CategoryChangeSerializer, CategorySerializer
from apps.products.services.categories import create_category, delete_category, update_category
from apps.products.views.filters import KEY
from apps.products.views.products import LOOKUP
from apps.products.views.queries import uuid_of
from contracts.rights import Right
from kernel import clock
from kernel.errors import NotFoundError
from kernel.http.etags import ConcurrencyMixin, expected_version
from kernel.http.paging import KeysetPagination
from kernel.http.principals import readers_and_holders_of
from kernel.http.views import ApiViewSet


class CategoryPages(KeysetPagination):
    """Orderings of categories."""

    page_size = 100
    orderings = {"path": ("path_slugs", "id"), "position": ("position", "id"), "name": ("name", "id")}
    default_ordering = "path"


class CategoryViewSet(ConcurrencyMixin, ApiViewSet):
    """The tree of the catalogue; each category tells the way to it."""

    scope = "catalogue"
    queryset = Category.objects.none()
    serializer_class = CategorySerializer
    pagination_class = CategoryPages
    permission_classes = (readers_and_holders_of(Right.CATALOGUE),)
    lookup_value_regex = LOOKUP

    def get_queryset(self) -> QuerySet[Category]:
        return categories()

    def get_object(self) -> Any:
        """Return a category by id or slug."""
        found = category_id_of(self.kwargs["pk"])
        if found is None:
            raise NotFoundError("There is no such category.")
        self.kwargs["pk"] = found
        return super().get_object()

    @extend_schema(
        parameters=[OpenApiParameter("parent", OpenApiTypes.UUID, description="Only what is directly below this one.")],
        auth=[],
    )
    def list(self, request: Request) -> Response:
        """List categories."""
        parent = uuid_of(request, "parent")
        found = self.get_queryset().filter(Q() if parent is None else Q(parent_id=parent))
        return self.get_paginated_response(CategorySerializer(self.paginate_queryset(found), many=True).data)

    @extend_schema(parameters=[KEY], auth=[])
    def retrieve(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Read a category by id or slug."""
        return Response(CategorySerializer(self.get_object()).data)

    @extend_schema(request=CategoryChangeSerializer, responses={201: CategorySerializer})
    def create(self, request: Request) -> Response:
        """Create a category."""
        fields = self._asked(request, partial=False)
        category = create_category(fields=fields, actor=self.actor, now=clock.now())
        return self._answer(category, status=HTTPStatus.CREATED)

    @extend_schema(parameters=[KEY], request=CategoryChangeSerializer, responses=CategorySerializer)
    def update(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Change a category; the name is required."""
        return self._change(request, partial=False)

    @extend_schema(parameters=[KEY], request=CategoryChangeSerializer, responses=CategorySerializer)
    def partial_update(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Change what is given of a category; what is below moves with it."""
        return self._change(request, partial=True)

    @extend_schema(parameters=[KEY], responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Delete a category that nothing is in."""
        category = self.get_object()
        delete_category(category_id=category.id, actor=self.actor, version=expected_version(request, category))
        return Response(status=HTTPStatus.NO_CONTENT)

    def _change(self, request: Request, *, partial: bool) -> Response:
        category = self.get_object()
        changes = self._asked(request, partial=partial)
        version = expected_version(request, category)
        changed = update_category(
            category_id=category.id, changes=changes, actor=self.actor, now=clock.now(), version=version
        )
        return self._answer(changed)

    def _asked(self, request: Request, *, partial: bool) -> Any:
        asked = CategoryChangeSerializer(data=request.data, partial=partial)
        asked.is_valid(raise_exception=True)
        return asked.validated_data

    def _answer(self, category: Category, *, status: HTTPStatus = HTTPStatus.OK) -> Response:
        self.tag(category)
        headers = {"Location": reverse("category-detail", args=[category.id])} if status == HTTPStatus.CREATED else {}
        return Response(CategorySerializer(category).data, status=status, headers=headers)

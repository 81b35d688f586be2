"""Products: the two hot reads as plain answers, and what staff does with them.

Strangers' reads pass DRF by: no authentication, no negotiation, two statements. A search is counted by the
throttle; staff, who see what is not published, take DRF's way.
"""

import re
import zlib
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.products.models.catalogue import Product
from apps.products.selectors.catalogue import (
    ProductPages,
    catalogue_version,
    current_slug,
    list_products,
    product_by_key,
    product_detail,
)
from apps.products.serializers.others import MediaOrderSerializer
from apps.products.serializers.products import (
    NewProductSerializer,
    ProductCardSerializer,
    ProductChangeSerializer,
    ProductSerializer,
)
from apps.products.services.media import order_pictures
from apps.products.services.products import create_product, delete_product, update_product
from apps.products.views.filters import KEY, PARAMETERS, filters_of
from contracts.rights import Right
from kernel import clock
from kernel.errors import NotFoundError
from kernel.http.etags import PreconditionFailedError, etag_of, expected_version, is_listed
from kernel.http.json import dumps, fast_json
from kernel.http.own_address import own_address
from kernel.http.paging import envelope_of
from kernel.http.principals import actor_of, readers_and_holders_of
from kernel.http.views import ApiViewSet

READS = frozenset({"GET", "HEAD"})
FRESH = "public, max-age=0, must-revalidate"
CREDENTIALS = ("Authorization", "X-Session-Token")
LOOKUP = r"[0-9a-zA-Z][0-9a-zA-Z_-]{0,254}"


def answer_list(request: HttpRequest, *, is_staff: bool = False) -> HttpResponse:
    """Answer a page of products, or say that nothing changed since."""
    filters = filters_of(request.GET.dict(), is_staff=is_staff)
    is_public = filters.is_published is True
    headers = {}
    if is_public:
        headers = {"ETag": f'"catalogue-{catalogue_version()}"', "Cache-Control": FRESH}
        if is_listed(request.headers.get("If-None-Match", ""), headers["ETag"]):
            return HttpResponseNotModified(headers=headers)
    page = list_products(filters, params=request.GET, url=own_address(request))
    return fast_json(envelope_of(page, page.results), headers=headers)


def answer_detail(request: HttpRequest, key: str, *, is_staff: bool = False) -> HttpResponse:
    """Answer a product by slug or id, or where it went."""
    product = product_detail(key, with_unpublished=is_staff)
    if product is None:
        slug = current_slug(key)
        if slug is None:
            raise NotFoundError("There is no such product.")
        return HttpResponsePermanentRedirect(reverse("product-detail", args=[slug]))
    body = dumps(product)
    headers = {"ETag": detail_etag(product, body), "Cache-Control": FRESH if product["is_published"] else "private"}
    if is_listed(request.headers.get("If-None-Match", ""), headers["ETag"]):
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(body, content_type="application/json", headers=headers)


def _has_credentials(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES or any(name in request.headers for name in CREDENTIALS)


def detail_etag(product: dict[str, Any], body: bytes) -> str:
    """Return a tag that tells the product's version, which writes are checked by, and after a point its whole state."""
    version = etag_of(SimpleNamespace(pk=product["id"], version=product["version"]))
    return f'{version[:-1]}.{zlib.crc32(body):08x}"'


def require_version(request: Request, product: Product) -> None:
    """Refuse a write for another version; stock that was sold meanwhile does not matter.

    :raises PreconditionFailedError: ``If-Match`` names another version.
    """
    header = request.headers.get("If-Match")
    if header is not None and not is_listed(re.sub(r'\.[0-9a-f]{8}"', '"', header), etag_of(product)):
        raise PreconditionFailedError


class ProductViewSet(ApiViewSet):
    """The catalogue: everybody reads what is published, staff writes."""

    scope = "catalogue"
    queryset = Product.objects.all()
    serializer_class = ProductSerializer
    pagination_class = ProductPages
    permission_classes = (readers_and_holders_of(Right.CATALOGUE),)
    lookup_value_regex = LOOKUP
    has_etags = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Count searches in a bucket of their own."""
        if request.method in READS and "search" in request.query_params:
            self.throttle_scope = "search"
        super().initial(request, *args, **kwargs)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer strangers' reads at once."""
        is_plain = request.method in READS and "search" not in request.GET and "published" not in request.GET
        if not is_plain or _has_credentials(request):
            return super().dispatch(request, *args, **kwargs)
        asked = self.action_map.get("get")
        if asked == "list":
            return answer_list(request)
        return answer_detail(request, kwargs["pk"]) if asked == "retrieve" else super().dispatch(request, **kwargs)

    @extend_schema(parameters=PARAMETERS, responses=ProductCardSerializer(many=True), auth=[])
    def list(self, request: Request) -> HttpResponse:
        """List products."""
        return answer_list(request._request, is_staff=actor_of(request).may(Right.CATALOGUE))  # noqa: SLF001 - DRF keeps Django's request there

    @extend_schema(parameters=[KEY], responses=ProductSerializer, auth=[])
    def retrieve(self, request: Request, pk: str) -> HttpResponse:
        """Read a product by id or slug."""
        return answer_detail(request._request, pk, is_staff=actor_of(request).may(Right.CATALOGUE))  # noqa: SLF001 - as above

    @extend_schema(request=NewProductSerializer, responses={201: ProductSerializer})
    def create(self, request: Request) -> Response:
        """Create a product with its variants."""
        asked = NewProductSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        fields = dict(asked.validated_data)
        variants = fields.pop("variants")
        product = create_product(fields=fields, variants=variants, actor=self.actor, now=clock.now())  # type: ignore[arg-type] # the serializer has the same fields
        return self._answer(product.id, status=HTTPStatus.CREATED)

    @extend_schema(parameters=[KEY], request=ProductChangeSerializer, responses=ProductSerializer)
    def update(self, request: Request, pk: str) -> Response:
        """Change a product; the name is required."""
        return self._change(request, pk, partial=False)

    @extend_schema(parameters=[KEY], request=ProductChangeSerializer, responses=ProductSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is given of a product."""
        return self._change(request, pk, partial=True)

    @extend_schema(parameters=[KEY], responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a product with its variants, stock and pictures."""
        product = self._product(pk)
        require_version(request, product)
        delete_product(product_id=product.id, actor=self.actor, version=expected_version(request, product))
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(parameters=[KEY], request=MediaOrderSerializer, responses=ProductSerializer)
    @action(detail=True, methods=["post"], url_path="media-order")
    def media_order(self, request: Request, pk: str) -> Response:
        """Put all pictures of a product into order."""
        product = self._product(pk)
        asked = MediaOrderSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        order_pictures(product_id=product.id, media_ids=asked.validated_data["media"], actor=self.actor)
        return self._answer(product.id)

    def _change(self, request: Request, pk: str, *, partial: bool) -> Response:
        product = self._product(pk)
        require_version(request, product)
        asked = ProductChangeSerializer(data=request.data, partial=partial)
        asked.is_valid(raise_exception=True)
        changes: Any = asked.validated_data
        version = expected_version(request, product)
        update_product(product_id=product.id, changes=changes, actor=self.actor, now=clock.now(), version=version)
        return self._answer(product.id)

    def _product(self, key: str) -> Product:
        product = product_by_key(key)
        if product is None:
            raise NotFoundError("There is no such product.")
        return product

    def _answer(self, product_id: UUID, *, status: HTTPStatus = HTTPStatus.OK) -> Response:
        product = product_detail(product_id, with_unpublished=True)
        if product is None:
            raise NotFoundError("There is no such product.")
        headers = {"ETag": detail_etag(product, dumps(product))}
        if status == HTTPStatus.CREATED:
            headers["Location"] = reverse("product-detail", args=[product_id])
        return Response(product, status=status, headers=headers)

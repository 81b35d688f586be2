"""Stock and its ledger, for staff."""

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.products.models.stock import Stock, StockMovement
from apps.products.selectors.rows import stock_movements, stock_rows
from apps.products.serializers.others import StockChangeSerializer, StockMovementSerializer, StockSerializer
from apps.products.services.stock import change_stock
from apps.products.views.queries import UUID_PATTERN
from contracts.rights import Right
from kernel import clock
from kernel.http.etags import ConcurrencyMixin, expected_version
from kernel.http.paging import KeysetPagination
from kernel.http.principals import holders_of
from kernel.http.views import ApiViewSet


class StockPages(KeysetPagination):
    """Orderings of stock."""

    orderings = {"sku": ("sku",), "-sku": ("-sku",), "on_hand": ("on_hand", "sku")}
    default_ordering = "sku"


class StockViewSet(ConcurrencyMixin, ApiViewSet):
    """How many there are of each SKU."""

    scope = "catalogue"
    queryset = Stock.objects.none()
    serializer_class = StockSerializer
    pagination_class = StockPages
    permission_classes = (holders_of(Right.CATALOGUE),)
    lookup_field = "sku"
    lookup_value_regex = r"[^\x00-\x1f]{1,64}"

    def get_queryset(self) -> QuerySet[Stock]:
        return stock_rows()

    def list(self, request: Request) -> Response:  # noqa: ARG002 - DRF's signature
        """List the stock of all SKUs."""
        return self.get_paginated_response(StockSerializer(self.paginate_queryset(self.get_queryset()), many=True).data)

    def retrieve(self, request: Request, sku: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Read the stock of a SKU."""
        return Response(StockSerializer(self.get_object()).data)

    @extend_schema(request=StockChangeSerializer, responses=StockSerializer)
    def partial_update(self, request: Request, sku: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Write down what was counted, or choose when to be told that a SKU runs low."""
        stock = self.get_object()
        asked = StockChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        changed = change_stock(
            sku=stock.sku,
            changes=asked.validated_data,
            actor=self.actor,
            now=clock.now(),
            version=expected_version(request, stock),
        )
        self.tag(changed)
        return Response(StockSerializer(changed).data)


class StockMovementViewSet(ApiViewSet):
    """The ledger of stock: the sums per SKU are what is on hand and what is reserved."""

    scope = "catalogue"
    queryset = StockMovement.objects.none()
    serializer_class = StockMovementSerializer
    pagination_class = KeysetPagination
    permission_classes = (holders_of(Right.CATALOGUE),)
    lookup_value_regex = UUID_PATTERN

    def get_queryset(self) -> QuerySet[StockMovement]:
        return stock_movements()

    @extend_schema(parameters=[OpenApiParameter("sku", str, description="Only the movements of this SKU.")])
    def list(self, request: Request) -> Response:
        """List the movements of stock."""
        movements = stock_movements(sku=request.query_params.get("sku", "").replace("\x00", ""))
        return self.get_paginated_response(StockMovementSerializer(self.paginate_queryset(movements), many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Read one movement."""
        return Response(StockMovementSerializer(self.get_object()).data)

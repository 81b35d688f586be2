"""What orders hold and took, for staff."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.products.models.stock import Reservation
from apps.products.selectors.reservations import reservations
from apps.products.serializers.others import ReservationQuerySerializer, ReservationSerializer
from apps.products.views.queries import UUID_PATTERN
from contracts.rights import Right
from kernel.http.paging import KeysetPagination
from kernel.http.principals import holders_of
from kernel.http.views import ApiViewSet


class ReservationPages(KeysetPagination):
    """By order: ids tell which was made first."""

    orderings = {"newest": ("-order_id",), "oldest": ("order_id",)}


class ReservationViewSet(ApiViewSet):
    """Orders' claims on stock."""

    scope = "catalogue"
    queryset = Reservation.objects.none()
    serializer_class = ReservationSerializer
    pagination_class = ReservationPages
    permission_classes = (holders_of(Right.CATALOGUE),)
    lookup_field = "order_id"
    lookup_value_regex = UUID_PATTERN

    def get_queryset(self) -> QuerySet[Reservation]:
        return reservations()

    @extend_schema(parameters=[ReservationQuerySerializer])
    def list(self, request: Request) -> Response:
        """List what orders hold and took."""
        given = request.query_params
        asked = ReservationQuerySerializer(
            data={name: given[name] for name in ("state", "sku", "order_id") if name in given}
        )
        asked.is_valid(raise_exception=True)
        rows = self.paginate_queryset(reservations(**asked.validated_data))
        return self.get_paginated_response(ReservationSerializer(rows, many=True).data)

    def retrieve(self, request: Request, order_id: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Read what an order holds or took."""
        return Response(ReservationSerializer(self.get_object()).data)

"""The API of the audit log: to read."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.users import selectors
from apps.users.models import AuditEntry
from apps.users.serializers import AuditEntrySerializer, AuditQuerySerializer
from apps.users.views.accounts import UUID_PATTERN
from contracts.rights import Right
from kernel.http.paging import KeysetPagination
from kernel.http.principals import holders_of
from kernel.http.views import ApiViewSet


class AuditPages(KeysetPagination):
    page_size = 50
    orderings = {"newest": ("-at", "-id"), "oldest": ("at", "id")}


class AuditViewSet(ApiViewSet):
    """Who did what, when and from where."""

    scope = "staff"
    queryset = AuditEntry.objects.none()
    serializer_class = AuditEntrySerializer
    pagination_class = AuditPages
    permission_classes = (holders_of(Right.STAFF),)
    lookup_value_regex = UUID_PATTERN

    def get_queryset(self) -> QuerySet[AuditEntry]:
        return selectors.audit_entries(self.actor)

    @extend_schema(parameters=[AuditQuerySerializer])
    def list(self, request: Request) -> Response:
        """List the entries of the audit log."""
        fields = AuditQuerySerializer().fields
        known = {name: value for name, value in request.query_params.items() if name in fields}
        asked = AuditQuerySerializer(data=known)
        asked.is_valid(raise_exception=True)
        rows = self.paginate_queryset(selectors.audit_entries(self.actor, **asked.validated_data))
        return self.get_paginated_response(AuditEntrySerializer(rows, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Read an entry of the audit log."""
        return Response(AuditEntrySerializer(self.get_object()).data)

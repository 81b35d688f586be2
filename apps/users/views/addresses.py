"""The API of saved addresses."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.users import selectors
from apps.users.models import Address
from apps.users.serializers import AddressInputSerializer, SavedAddressSerializer
from apps.users.services import addresses
from apps.users.views.accounts import UUID_PATTERN
from kernel import clock
from kernel.http.etags import ConcurrencyMixin, expected_version
from kernel.http.paging import KeysetPagination
from kernel.http.principals import SignedIn
from kernel.http.views import ApiViewSet


class AddressPages(KeysetPagination):
    page_size = 50


class AddressViewSet(ConcurrencyMixin, ApiViewSet):
    """Your saved addresses; nobody else sees them here."""

    scope = "account"
    queryset = Address.objects.none()
    serializer_class = SavedAddressSerializer
    pagination_class = AddressPages
    permission_classes = (SignedIn,)
    lookup_value_regex = UUID_PATTERN

    def get_queryset(self) -> QuerySet[Address]:
        return selectors.own_addresses(self.actor)

    def list(self, request: Request) -> Response:  # noqa: ARG002 - DRF's signature
        """List your addresses."""
        rows = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(SavedAddressSerializer(rows, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Read one of your addresses."""
        return Response(SavedAddressSerializer(self.get_object()).data)

    @extend_schema(request=AddressInputSerializer, responses={201: SavedAddressSerializer})
    def create(self, request: Request) -> Response:
        """Save an address; the first one is the default."""
        asked = AddressInputSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        saved = addresses.add_address(
            address=wanted["address"], is_default=bool(wanted["is_default"]), actor=self.actor, now=clock.now()
        )
        self.tag(saved)
        return Response(SavedAddressSerializer(saved).data, status=HTTP_201_CREATED)

    @extend_schema(request=AddressInputSerializer, responses=SavedAddressSerializer)
    def update(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Replace an address."""
        return self._changed(AddressInputSerializer(data=request.data))

    @extend_schema(request=AddressInputSerializer, responses=SavedAddressSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Change parts of an address."""
        return self._changed(AddressInputSerializer(data=request.data, partial=True))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Delete an address."""
        saved = self.get_object()
        addresses.delete_address(address_id=saved.id, actor=self.actor, version=expected_version(request, saved))
        return Response(status=HTTP_204_NO_CONTENT)

    def _changed(self, asked: AddressInputSerializer) -> Response:
        saved = self.get_object()
        asked.is_valid(raise_exception=True)
        changed = addresses.change_address(
            address_id=saved.id,
            actor=self.actor,
            now=clock.now(),
            version=expected_version(self.request, saved),
            **asked.validated_data,
        )
        self.tag(changed)
        return Response(SavedAddressSerializer(changed).data)

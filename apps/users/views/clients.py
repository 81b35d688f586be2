"""The API of programs that use the shop's OAuth server."""

from dataclasses import asdict
from typing import Any, ClassVar

from allauth.idp.oidc.models import Client
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.users import selectors
from apps.users.permissions import FreshlyInPerson
from apps.users.serializers import ProgramInputSerializer, ProgramOnceSerializer, ProgramSerializer
from apps.users.services import clients
from contracts.rights import Right
from kernel import clock
from kernel.http.etags import ConcurrencyMixin, expected_version
from kernel.http.paging import KeysetPagination
from kernel.http.principals import holders_of
from kernel.http.validation import NothingSerializer
from kernel.http.views import ApiViewSet


class ProgramPages(KeysetPagination):
    page_size = 50
    orderings = {"newest": ("-created_at", "-id"), "oldest": ("created_at", "id")}


class OAuthClientViewSet(ConcurrencyMixin, ApiViewSet):
    """Programs that people sign in to with their account here, or that work by themselves; tokens only read here."""

    scope = "settings"
    action_scopes: ClassVar[dict[str, str]] = {"create": "", "partial_update": "", "destroy": "", "rotate_secret": ""}
    """A token that could connect programs would outlive itself in them."""
    letting_in: ClassVar[frozenset[str]] = frozenset({"create", "partial_update", "rotate_secret"})
    """Gives a secret, or another address to which codes are sent."""
    queryset = Client.objects.none()
    serializer_class = ProgramSerializer
    pagination_class = ProgramPages
    lookup_value_regex = "[0-9A-Za-z._-]{1,100}"

    def get_permissions(self) -> list[BasePermission]:
        asked: list[BasePermission] = [holders_of(Right.SETTINGS)()]
        return [*asked, FreshlyInPerson()] if self.action in self.letting_in else asked

    def get_queryset(self) -> QuerySet[Client]:
        client_id = self.kwargs.get("pk")
        return selectors.oauth_client(client_id) if client_id else selectors.oauth_clients()

    @extend_schema(responses=ProgramSerializer(many=True))
    def list(self, request: Request) -> Response:  # noqa: ARG002 - DRF's signature
        """List the programs."""
        rows = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response([_shown(client) for client in rows])

    def retrieve(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Read a program, but for its secret."""
        return Response(_shown(self.get_object()))

    @extend_schema(request=ProgramInputSerializer, responses={201: ProgramOnceSerializer})
    def create(self, request: Request) -> Response:
        """Connect a program; this answer alone shows its secret."""
        client, secret = clients.connect_program(wanted=_wanted(request.data), actor=self.actor, now=clock.now())
        return self._once(client.id, secret, status=HTTP_201_CREATED)

    @extend_schema(request=ProgramInputSerializer, responses=ProgramSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Change a program; tokens that were given keep no more than it still may."""
        client = self.get_object()
        wanted = _wanted(request.data, known=clients.described(client))
        clients.change_program(
            client_id=client.id,
            wanted=wanted,
            actor=self.actor,
            now=clock.now(),
            version=expected_version(request, client),
        )
        changed = self.get_queryset().get(id=client.id)
        self.tag(changed)
        return Response(_shown(changed))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Disconnect a program; every token that it holds ends."""
        client = self.get_object()
        clients.disconnect_program(
            client_id=client.id, actor=self.actor, now=clock.now(), version=expected_version(request, client)
        )
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(request=NothingSerializer, responses=ProgramOnceSerializer)
    @action(detail=True, methods=["post"], url_path="secret")
    def rotate_secret(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Give a program another secret, which this answer alone shows; the old one ends at once."""
        NothingSerializer(data=request.data).is_valid(raise_exception=True)
        client, secret = clients.rotate_secret(client_id=self.get_object().id, actor=self.actor, now=clock.now())
        return self._once(client.id, secret, status=HTTP_200_OK)

    def _once(self, client_id: str, secret: str, *, status: int) -> Response:
        client = self.get_queryset().get(id=client_id)
        self.tag(client)
        return Response({**_shown(client), "secret": secret}, status=status, headers={"Cache-Control": "no-store"})


def _wanted(asked: Any, *, known: clients.Wanted | None = None) -> clients.Wanted:
    checked = ProgramInputSerializer(data=asked, partial=known is not None)
    checked.is_valid(raise_exception=True)
    said = {name: tuple(value) if isinstance(value, list) else value for name, value in checked.validated_data.items()}
    return clients.Wanted(**((asdict(known) if known else {}) | said))


def _shown(client: Client) -> dict[str, Any]:
    facts = {"id": client.id, "created_at": client.created_at, **asdict(clients.described(client))}
    return dict(ProgramSerializer(facts).data)

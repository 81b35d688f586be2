"""The API of accounts."""

from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.users import selectors
from apps.users.models import User
from apps.users.permissions import FreshlyInPerson
from apps.users.serializers import (
    NewUserSerializer,
    OwnAccountChangeSerializer,
    OwnAccountSerializer,
    UserChangeSerializer,
    UserSerializer,
)
from apps.users.services import accounts, erasure
from apps.users.views.data_files import data_file
from contracts.rights import Right
from integrations.authentication.reauthentication import check_recent
from kernel import clock
from kernel.actors import Role
from kernel.http.etags import ConcurrencyMixin, expected_version, require_match
from kernel.http.paging import InvalidQueryError, KeysetPagination
from kernel.http.principals import InPerson, SignedIn, check_scope, holders_of
from kernel.http.views import ApiViewSet

UUID_PATTERN = "[0-9a-fA-F-]{32,36}"


_Reading = SignedIn | holders_of(Right.CUSTOMERS)
"""People read their own account; a machine has none and reads all, with the scope for it."""


class UserPages(KeysetPagination):
    orderings = {"newest": ("-date_joined", "-id"), "oldest": ("date_joined", "id"), "email": ("email", "id")}


class UserViewSet(ConcurrencyMixin, ApiViewSet):
    """Accounts: staff looks after customers, super users after staff; everybody reads and names himself."""

    scope = "customers"
    action_scopes: ClassVar[dict[str, str]] = {
        "me": "account",
        "change_me": "account",
        "my_data": "account",
        "erase_me": "",  # no token that was given away reaches what is never taken back
        "erase": "",
    }
    queryset = User.objects.none()
    serializer_class = UserSerializer
    pagination_class = UserPages
    lookup_value_regex = UUID_PATTERN
    open_actions: ClassVar[frozenset[str]] = frozenset({"me", "change_me", "my_data"})

    def get_permissions(self) -> list[Any]:
        if self.action == "erase_me":
            return [InPerson()]
        if self.action == "erase":
            return [holders_of(Right.CUSTOMERS)(), FreshlyInPerson()]
        if self.action == "retrieve":
            return [_Reading()]
        if self.action in self.open_actions:
            return [SignedIn()]
        return [holders_of(Right.CUSTOMERS)()]

    def get_queryset(self) -> QuerySet[User]:
        return selectors.visible_users(self.actor)

    @extend_schema(
        parameters=[
            OpenApiParameter("search", str, description="Part of the name or the e-mail address."),
            OpenApiParameter("is_active", bool, description="Only accounts that are switched on, or off."),
        ]
    )
    def list(self, request: Request) -> Response:
        """List accounts."""
        params = request.query_params
        found = selectors.visible_users(
            self.actor, search=_search(params.get("search", "")), is_active=_boolean(params, "is_active")
        )
        with_groups = found.prefetch_related("permission_groups")
        return self.get_paginated_response(UserSerializer(self.paginate_queryset(with_groups), many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Read an account."""
        return Response(UserSerializer(self.get_object()).data)

    @extend_schema(request=NewUserSerializer, responses={201: UserSerializer})
    def create(self, request: Request) -> Response:
        """Make an account; its owner gets a mail."""
        asked = NewUserSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = {**asked.validated_data, "role": Role(asked.validated_data["role"])}
        if wanted["role"] is not Role.REGULAR:
            self._check_fresh(request)
        user = accounts.create_user_by_staff(**wanted, actor=self.actor, now=clock.now())
        self.tag(user)
        return Response(UserSerializer(user).data, status=HTTP_201_CREATED)

    @extend_schema(request=UserChangeSerializer, responses=UserSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Change name, role or whether the account is switched on."""
        user = self.get_object()
        asked = UserChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = dict(asked.validated_data)
        if "role" in wanted:
            wanted["role"] = Role(wanted["role"])
            self._check_fresh(request)
        changed = accounts.change_user_by_staff(
            user_id=user.id, **wanted, actor=self.actor, now=clock.now(), version=expected_version(request, user)
        )
        self.tag(changed)
        return Response(UserSerializer(changed).data)

    def _check_fresh(self, request: Request) -> None:
        """Give no role in a browser that was left open; by a token nobody gives one."""
        if self.actor.is_super_user:
            check_recent(request)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Switch an account off and end its sessions; its orders stay."""
        user = self.get_object()
        accounts.change_user_by_staff(
            user_id=user.id,
            is_active=False,
            actor=self.actor,
            now=clock.now(),
            version=expected_version(request, user),
        )
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def erase(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Erase a customer's account for good, in every service; confirm your password or second factor first."""
        user = self.get_object()
        erasure.erase_account(user_id=user.id, actor=self.actor, now=clock.now())
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(responses=OwnAccountSerializer)
    @action(detail=False, methods=["get"], url_path="me")
    def me(self, request: Request) -> Response:
        """Read your own account."""
        user = cast("User", request.user)
        self.tag(user)
        return Response(OwnAccountSerializer(user).data)

    @extend_schema(request=OwnAccountChangeSerializer, responses=OwnAccountSerializer)
    @me.mapping.patch
    def change_me(self, request: Request) -> Response:
        """Change your name."""
        user = cast("User", request.user)
        require_match(request, user)
        asked = OwnAccountChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        name = asked.validated_data.get("name", user.name)
        version = expected_version(request, user)
        changed = accounts.update_profile(
            user_id=user.id, name=name, actor=self.actor, now=clock.now(), version=version
        )
        self.tag(changed)
        return Response(OwnAccountSerializer(changed).data)

    @extend_schema(responses={204: None})
    @me.mapping.delete
    def erase_me(self, request: Request) -> Response:
        """Erase your account for good; confirm your password or second factor first."""
        user = cast("User", request.user)
        require_match(request, user)
        check_recent(request)
        erasure.erase_account(user_id=user.id, actor=self.actor, now=clock.now())
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT})
    @action(detail=False, methods=["get"], url_path="me/data", pagination_class=None)
    def my_data(self, request: Request) -> HttpResponse:
        """Download everything that is kept about you, as one JSON file; a token needs `orders:read`, too."""
        check_scope(request, needed="orders:read", is_public=False)
        return data_file(user_id=cast("User", request.user).id)


def _search(text: str) -> str:
    if "\x00" in text or len(text) > 200:  # noqa: PLR2004 - longer than any name or address
        raise InvalidQueryError("search", "At most 200 characters, without control characters.")
    return text.strip()


def _boolean(params: Any, name: str) -> bool | None:
    words = {"true": True, "false": False}
    if name not in params:
        return None
    if params[name] not in words:
        raise InvalidQueryError(name, "Either true or false.")
    return words[params[name]]

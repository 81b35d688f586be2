"""The API of permission groups and their members."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.users import selectors
from apps.users.models import PermissionGroup
from apps.users.permissions import FreshlyInPerson
from apps.users.serializers import GroupInputSerializer, GroupSerializer, MemberSerializer
from apps.users.services import groups
from apps.users.views.accounts import UUID_PATTERN
from contracts.rights import Right
from integrations.authentication.reauthentication import check_recent
from kernel import clock
from kernel.errors import NotFoundError
from kernel.http.etags import ConcurrencyMixin, expected_version
from kernel.http.paging import KeysetPagination
from kernel.http.principals import holders_of
from kernel.http.validation import NothingSerializer
from kernel.http.views import ApiViewSet

MEMBER = OpenApiParameter("user_id", UUID, OpenApiParameter.PATH, description="Whose account.")


WRITING = ("create", "partial_update", "destroy", "member", "remove_member")


class GroupPages(KeysetPagination):
    page_size = 50
    orderings = {"name": ("name", "id"), "newest": ("-created_at", "-id")}
    default_ordering = "name"


class MemberPages(KeysetPagination):
    page_size = 50
    orderings = {"email": ("email", "id")}
    default_ordering = "email"


class GroupViewSet(ConcurrencyMixin, ApiViewSet):
    """Rights under a name, and the people who have them; nobody gives what he does not hold himself.

    Tokens only read: what one gave would outlive it.
    """

    scope = "staff"
    action_scopes: ClassVar[dict[str, str]] = dict.fromkeys(WRITING, "")
    queryset = PermissionGroup.objects.none()
    serializer_class = GroupSerializer
    pagination_class = GroupPages
    lookup_value_regex = UUID_PATTERN

    def get_permissions(self) -> list[BasePermission]:
        asked: list[BasePermission] = [holders_of(Right.STAFF)()]
        return [*asked, FreshlyInPerson()] if self.action in WRITING else asked

    def get_queryset(self) -> QuerySet[PermissionGroup]:
        return selectors.visible_groups(self.actor)

    def list(self, request: Request) -> Response:  # noqa: ARG002 - DRF's signature
        """List the permission groups."""
        rows = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(GroupSerializer(rows, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Read a permission group."""
        return Response(GroupSerializer(self.get_object()).data)

    @extend_schema(request=GroupInputSerializer, responses={201: GroupSerializer})
    def create(self, request: Request) -> Response:
        """Make a permission group."""
        asked = GroupInputSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = groups.create_group(**asked.validated_data, actor=self.actor, now=clock.now())
        return self._answer(made, status=HTTP_201_CREATED)

    @extend_schema(request=GroupInputSerializer, responses=GroupSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Change a permission group; the rights of its members change with it."""
        group = self.get_object()
        asked = GroupInputSerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        version = expected_version(request, group)
        changed = groups.change_group(
            group_id=group.id, **asked.validated_data, actor=self.actor, now=clock.now(), version=version
        )
        return self._answer(changed)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Delete a permission group; its members lose what it gave."""
        check_recent(request)
        group = self.get_object()
        version = expected_version(request, group)
        groups.delete_group(group_id=group.id, actor=self.actor, now=clock.now(), version=version)
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(summary="List the members of a group", responses=MemberSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=MemberPages)
    def members(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """List the members of a group."""
        rows = self.paginate_queryset(selectors.members_of(self.get_object()))
        self.tag(None)  # a member's name is no part of the group's version
        return self.get_paginated_response(MemberSerializer(rows, many=True).data)

    @extend_schema(
        summary="Put somebody into a group", parameters=[MEMBER], request=NothingSerializer, responses={204: None}
    )
    @action(detail=True, methods=["put"], url_path=f"members/(?P<user_id>{UUID_PATTERN})")
    def member(self, request: Request, pk: str, user_id: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Put somebody into a group."""
        group = self.get_object()
        NothingSerializer(data=request.data).is_valid(raise_exception=True)
        groups.add_member(group_id=group.id, user_id=_uuid(user_id), actor=self.actor, now=clock.now())
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(summary="Take somebody out of a group", parameters=[MEMBER], responses={204: None})
    @member.mapping.delete
    def remove_member(self, request: Request, pk: str, user_id: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Take somebody out of a group."""
        check_recent(request)
        group = self.get_object()
        groups.remove_member(group_id=group.id, user_id=_uuid(user_id), actor=self.actor, now=clock.now())
        return Response(status=HTTP_204_NO_CONTENT)

    def _answer(self, group: PermissionGroup, **more: Any) -> Response:
        shown = self.get_queryset().get(id=group.id)
        self.tag(shown)
        return Response(GroupSerializer(shown).data, **more)


def _uuid(text: str) -> UUID:
    """Read the id in the address.

    :raises NotFoundError: it is none.
    """
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFoundError("There is no such account.") from error

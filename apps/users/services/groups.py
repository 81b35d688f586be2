"""Permission groups: rights under one name, composed by staff and given to people.

A group is locked before its people and who changes it, and all of these in the order of their ids; what their groups add up to is written into
their accounts in the same transaction, so that rights begin and end with it.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from apps.users import rules
from apps.users.models import PermissionGroup, User
from apps.users.services.grants import end_lent_access
from apps.users.services.standing import lock_people
from contracts.rights import Right
from contracts.users import UsersAction
from kernel import audit
from kernel.actors import Actor
from kernel.errors import DomainError, ForbiddenError, NotFoundError
from kernel.http.etags import check_version
from kernel.topology import database_of
from kernel.transactions import unit_of_work


class GroupNameTakenError(DomainError):
    """Another permission group has this name."""

    code = "group_name_taken"
    status = 409

    def __init__(self) -> None:
        super().__init__("A group with this name exists.", fields={"name": [_("A group with this name exists.")]})


class TooManyGroupsError(DomainError):
    """A shop has a limited number of permission groups."""

    code = "too_many_groups"
    status = 409

    def __init__(self) -> None:
        super().__init__(f"There can be {rules.MOST_GROUPS} groups. Delete one first.")


class RightNotHeldError(DomainError):
    """Nobody gives or takes a right that he does not hold himself."""

    code = "right_not_held"
    status = 403

    def __init__(self, rights: Collection[Right]) -> None:
        names = ", ".join(rights)
        super().__init__(f"You do not hold these rights yourself: {names}.", fields={"rights": [names]})
        self.extra = {"rights": list(rights)}


class OwnGroupError(DomainError):
    """Nobody changes a group that he is in, nor puts himself into one."""

    code = "own_group"
    status = 403


@unit_of_work
def create_group(*, name: str, rights: Collection[Right], actor: Actor, now: datetime) -> PermissionGroup:
    """Put rights under a name.

    :raises GroupNameTakenError: there is one with this name, however it is written.
    :raises RightNotHeldError: the actor does not hold one of them.
    """
    lock_people(actor)
    _check_may(actor, rights, is_member=False)
    if PermissionGroup.objects.count() >= rules.MOST_GROUPS:
        raise TooManyGroupsError
    group = PermissionGroup(name=name, rights=rules.rights_text(rights), created_at=now, updated_at=now)
    _save(group)
    audit.record(UsersAction, "group_created", about=("group", group.id), actor=actor, now=now, after=_shown(group))
    return group


@unit_of_work
def change_group(
    *,
    group_id: UUID,
    name: str | None = None,
    rights: Collection[Right] | None = None,
    actor: Actor,
    now: datetime,
    version: int | None = None,
) -> PermissionGroup:
    """Change what is given; the rights of its members change with it.

    :raises PreconditionFailedError: ``version`` is given and not the current one.
    """
    group = _locked(group_id)
    check_version(current=group.version, expected=version)
    members = list(group.members.values_list("id", flat=True))
    lock_people(actor, *members)
    held = rules.rights_in(group.rights)
    _check_may(actor, held | set(rights or ()), is_member=_is_member(group, actor))
    before = _shown(group)
    group.name = group.name if name is None else name
    group.rights = rules.rights_text(held if rights is None else rights)
    _touch(group, now=now)
    _save(group)
    _add_up(members, now=now)
    audit.record(
        UsersAction,
        "group_changed",
        about=("group", group.id),
        actor=actor,
        now=now,
        before=before,
        after=_shown(group),
    )
    return group


@unit_of_work
def delete_group(*, group_id: UUID, actor: Actor, now: datetime, version: int | None = None) -> None:
    """Take a group away, and from its members what it gave.

    :raises PreconditionFailedError: ``version`` is given and not the current one.
    """
    group = _locked(group_id)
    check_version(current=group.version, expected=version)
    members = list(group.members.values_list("id", flat=True))
    lock_people(actor, *members)
    _check_may(actor, rules.rights_in(group.rights), is_member=_is_member(group, actor))
    audit.record(UsersAction, "group_deleted", about=("group", group.id), actor=actor, now=now, before=_shown(group))
    group.delete()
    _add_up(members, now=now)


@unit_of_work
def add_member(*, group_id: UUID, user_id: UUID, actor: Actor, now: datetime) -> PermissionGroup:
    """Give somebody the rights of a group; who is in it already stays so."""
    group, user = _membership(group_id, user_id, actor=actor)
    if group.members.filter(id=user.id).exists():
        return group
    group.members.add(user)
    return _moved(group, user, "member_added", actor=actor, now=now)


@unit_of_work
def remove_member(*, group_id: UUID, user_id: UUID, actor: Actor, now: datetime) -> PermissionGroup:
    """Take the rights of a group from somebody, at once.

    :raises NotFoundError: the person is not in the group.
    """
    group, user = _membership(group_id, user_id, actor=actor)
    if not group.members.filter(id=user.id).exists():
        raise NotFoundError("This person is not in the group.")
    group.members.remove(user)
    return _moved(group, user, "member_removed", actor=actor, now=now)


def _membership(group_id: UUID, user_id: UUID, *, actor: Actor) -> tuple[PermissionGroup, User]:
    """Lock a group and then a person, and let the actor change whether they belong together."""
    group = _locked(group_id)
    lock_people(actor, user_id)
    _check_may(actor, rules.rights_in(group.rights), is_member=_is_member(group, actor))
    user = User.objects.select_for_update().filter(id=user_id, erased_at=None).first()
    if user is None:
        raise NotFoundError("There is no such account.")
    if not rules.may_change_membership(actor, target=user.granted_role, is_own=actor.id == user_id):
        if actor.id == user_id:
            raise OwnGroupError("Nobody puts himself into a group or takes himself out.")
        raise ForbiddenError("You may not change this account.")
    return group, user


def _moved(group: PermissionGroup, user: User, action: str, *, actor: Actor, now: datetime) -> PermissionGroup:
    """Write down what came of a membership that changed."""
    _touch(group, now=now)
    group.save()
    _add_up([user.id], now=now)
    after = User.objects.values_list("granted_rights", flat=True).get(id=user.id)
    audit.record(
        UsersAction,
        action,
        about=("user", user.id),
        actor=actor,
        now=now,
        before={"rights": user.granted_rights or ""},
        after={"rights": after or "", "group": group.name},
    )
    return group


def _add_up(user_ids: Collection[UUID], *, now: datetime) -> None:
    """Write into the accounts what their groups give together, under their locks and as the groups are now.

    Who becomes staff by it takes along nothing that he lent to programs as a customer.
    """
    people = User.objects.select_for_update().filter(id__in=list(user_ids)).order_by("id")
    locked = {user.id: user.is_staff or user.has_rights for user in people}
    given: defaultdict[UUID, set[Right]] = defaultdict(set)
    memberships = PermissionGroup.members.through.objects.filter(user_id__in=locked)
    for user_id, rights in memberships.values_list("user_id", "permissiongroup__rights"):
        given[user_id] |= rules.rights_in(rights)
    alike: defaultdict[str, list[UUID]] = defaultdict(list)
    for user_id in locked:
        alike[rules.rights_text(given[user_id])].append(user_id)
    for user_id, was_staff in locked.items():
        if given[user_id] and not was_staff:
            end_lent_access(user_id=user_id)
    for text, ids in sorted(alike.items()):
        User.objects.filter(id__in=ids).update(granted_rights=text or None, version=F("version") + 1, updated_at=now)


def _check_may(actor: Actor, rights: Collection[Right], *, is_member: bool) -> None:
    if not actor.may_write(Right.STAFF):
        raise ForbiddenError("You may not work on permission groups.")
    if not rules.may_change_group(actor, is_member=is_member):
        raise OwnGroupError("You are in this group: somebody else has to change it.")
    if beyond := rules.rights_beyond(actor, rights):
        raise RightNotHeldError(beyond)


def _is_member(group: PermissionGroup, actor: Actor) -> bool:
    return actor.id is not None and group.members.filter(id=actor.id).exists()


def _locked(group_id: UUID) -> PermissionGroup:
    group = PermissionGroup.objects.select_for_update().filter(id=group_id).first()
    if group is None:
        raise NotFoundError("There is no such group.")
    return group


def _save(group: PermissionGroup) -> None:
    if PermissionGroup.objects.filter(name__iexact=group.name).exclude(id=group.id).exists():
        raise GroupNameTakenError
    try:
        with transaction.atomic(using=database_of("users")):
            group.save()
    except IntegrityError as error:  # somebody took the name at the same moment
        raise GroupNameTakenError from error


def _touch(group: PermissionGroup, *, now: datetime) -> None:
    group.version += 1
    group.updated_at = now


def _shown(group: PermissionGroup) -> dict[str, str]:
    return {"name": group.name, "rights": group.rights}

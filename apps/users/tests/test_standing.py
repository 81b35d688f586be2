"""Who loses his rights while his request is on its way changes by it nothing that others may do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from apps.users.models import PermissionGroup, User
from apps.users.services.accounts import change_user_by_staff, create_user_by_staff
from apps.users.services.clients import Wanted, connect_program
from apps.users.services.groups import add_member, change_group, create_group, delete_group, remove_member
from apps.users.tests.factories import GroupFactory
from contracts.rights import Right
from integrations.authentication.tests.programs import BACK
from kernel.actors import Actor, Role
from kernel.errors import ForbiddenError
from tests.fixtures import NOON

pytestmark = pytest.mark.django_db
WANTED = Wanted(name="Watcher", scopes=("openid",), redirect_uris=(BACK,))


def on_its_way(user: User) -> Actor:
    """Return the sender of a request as the guard at the door saw him."""
    return Actor(id=user.id, role=user.role, email=user.email, rights=user.rights)


@dataclass(frozen=True)
class Shop:
    group: PermissionGroup
    member: User
    other: User


@pytest.fixture
def shop(shopper: User, other_shopper: User) -> Shop:
    group: PermissionGroup = GroupFactory(rights="orders")
    group.members.add(shopper)
    return Shop(group, shopper, other_shopper)


CHANGES: dict[str, Callable[[Actor, "Shop"], object]] = {
    "role": lambda who, it: change_user_by_staff(user_id=it.member.id, is_active=False, actor=who, now=NOON),
    "account": lambda who, _: create_user_by_staff(email="c@example.com", actor=who, now=NOON),
    "group": lambda who, _: create_group(name="New", rights=[Right.ORDERS], actor=who, now=NOON),
    "rights": lambda who, it: change_group(group_id=it.group.id, rights=[], actor=who, now=NOON),
    "no group": lambda who, it: delete_group(group_id=it.group.id, actor=who, now=NOON),
    "member": lambda who, it: add_member(group_id=it.group.id, user_id=it.other.id, actor=who, now=NOON),
    "no member": lambda who, it: remove_member(group_id=it.group.id, user_id=it.member.id, actor=who, now=NOON),
    "program": lambda who, _: connect_program(wanted=WANTED, actor=who, now=NOON),
}
LOSSES: dict[str, dict[str, Any]] = {
    "demoted": {"is_superuser": False, "is_staff": False},
    "made an admin": {"is_superuser": False},
    "switched off": {"is_active": False},
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("change", CHANGES)
def test_a_request_that_is_overtaken_changes_nothing(super_user: User, shop: Shop, change: str, loss: str) -> None:
    who = on_its_way(super_user)
    User.objects.filter(id=super_user.id).update(**LOSSES[loss])

    with pytest.raises(ForbiddenError, match="changed meanwhile"):
        CHANGES[change](who, shop)

    assert PermissionGroup.objects.get().rights == "orders"
    assert User.objects.filter(is_active=True).exclude(id=super_user.id).count() == 2


@pytest.mark.parametrize("change", CHANGES)
def test_one_that_is_not_is_done(super_user: User, shop: Shop, change: str) -> None:
    CHANGES[change](on_its_way(super_user), shop)


def test_a_right_that_was_taken_away_meanwhile_is_given_to_nobody(make_user: Any) -> None:
    chief = make_user("chief@example.com", granted_rights="orders staff")
    who = on_its_way(chief)
    User.objects.filter(id=chief.id).update(granted_rights="staff")

    with pytest.raises(ForbiddenError, match="changed meanwhile"):
        create_group(name="Friends", rights=[Right.ORDERS], actor=who, now=NOON)


def test_a_program_and_the_machine_itself_have_no_account_to_look_at(shopper: User) -> None:
    machine = Actor(role=Role.MACHINE, scopes=frozenset({"customers:write"}), client="Sync")

    changed = change_user_by_staff(user_id=shopper.id, name="Ada", actor=machine, now=NOON)

    assert changed.name == "Ada"

"""Who loses his rights while his request is on its way changes by it nothing that others may do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.idp.oidc.models import Token

from apps.users.models import AccessToken, PermissionGroup, User
from apps.users.services.accounts import change_user_by_staff, create_user_by_staff, end_sessions
from apps.users.services.clients import Wanted, connect_program
from apps.users.services.erasure import erase_account
from apps.users.services.groups import add_member, change_group, create_group, delete_group, remove_member
from apps.users.services.tokens import create_token, revoke_tokens_of
from apps.users.tests.factories import AccessTokenFactory, GroupFactory
from contracts.rights import Right
from integrations.authentication.tests.programs import BACK, connect
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
    "sign-out": lambda who, it: end_sessions(user_id=it.member.id, actor=who, now=NOON),
    "tokens": lambda who, it: revoke_tokens_of(user_id=it.member.id, actor=who, now=NOON),
    "erasure": lambda who, it: erase_account(user_id=it.other.id, actor=who, now=NOON),
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


def test_a_right_that_no_version_knows_any_more_stands_in_nobodys_way(make_user: Any) -> None:
    chief = make_user("chief@example.com", granted_rights="fax orders staff")

    create_group(name="Packers", rights=[Right.ORDERS], actor=on_its_way(chief), now=NOON)


def test_a_program_and_the_machine_itself_have_no_account_to_look_at(shopper: User) -> None:
    machine = Actor(role=Role.MACHINE, scopes=frozenset({"customers:write"}), client="Sync")

    changed = change_user_by_staff(user_id=shopper.id, name="Ada", actor=machine, now=NOON)

    assert changed.name == "Ada"


def _to_admin(user: User, boss: Actor) -> None:
    change_user_by_staff(user_id=user.id, role=Role.ADMIN, actor=boss, now=NOON)


def _into_group(user: User, boss: Actor) -> None:
    add_member(group_id=GroupFactory(rights="orders").id, user_id=user.id, actor=boss, now=NOON)


def _into_group_that_gets_rights(user: User, boss: Actor) -> None:
    group = GroupFactory(rights="")
    group.members.add(user)
    change_group(group_id=group.id, rights=[Right.ORDERS], actor=boss, now=NOON)


@pytest.mark.parametrize("rise", [_to_admin, _into_group, _into_group_that_gets_rights])
def test_what_a_customer_lent_to_programs_is_not_lent_by_the_staff_he_becomes(
    super_user: User, shopper: User, other_shopper: User, rise: Callable[[User, Actor], None]
) -> None:
    program = connect()
    for user in (shopper, other_shopper):
        AccessTokenFactory(user=user, scopes="orders:read")
        Token.objects.create(client_id=program.id, user=user, type=Token.Type.ACCESS_TOKEN, hash=user.email)

    rise(shopper, on_its_way(super_user))

    assert [token.user for token in AccessToken.objects.all()] == [other_shopper]
    assert [token.user for token in Token.objects.filter(type=Token.Type.ACCESS_TOKEN)] == [other_shopper]


def test_who_works_here_already_keeps_them(super_user: User, staff: User) -> None:
    AccessTokenFactory(user=staff, scopes="orders:read")

    change_user_by_staff(user_id=staff.id, role=Role.SUPER_USER, actor=on_its_way(super_user), now=NOON)
    add_member(group_id=GroupFactory(rights="orders").id, user_id=staff.id, actor=Actor(role=Role.SYSTEM), now=NOON)

    assert AccessToken.objects.filter(user=staff).exists()


def test_nor_does_he_make_a_token_by_a_request_from_before(super_user: User, shopper: User) -> None:
    who = on_its_way(shopper)
    _to_admin(shopper, on_its_way(super_user))

    with pytest.raises(ForbiddenError, match="changed meanwhile"):
        create_token(name="x", scopes=["orders:read"], actor=who, now=NOON)

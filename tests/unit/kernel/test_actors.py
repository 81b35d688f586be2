"""What an actor may do: by role, by permission group, by the token in use."""

import pytest

from contracts.rights import Right
from kernel.actors import ANONYMOUS, SYSTEM, Actor, Role

ALL = frozenset(Right)


def rights_of(actor: Actor) -> frozenset[Right]:
    return frozenset(right for right in Right if actor.may(right))


def written_by(actor: Actor) -> frozenset[Right]:
    return frozenset(right for right in Right if actor.may_write(right))


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SUPER_USER, Role.SYSTEM])
def test_who_runs_the_shop_holds_every_right(role: Role) -> None:
    assert rights_of(Actor(role=role)) == written_by(Actor(role=role)) == ALL


def test_a_stranger_and_a_customer_hold_none() -> None:
    assert rights_of(ANONYMOUS) == rights_of(Actor(role=Role.REGULAR)) == frozenset()
    assert not Actor(role=Role.REGULAR).is_staff


def test_a_member_of_a_group_holds_the_rights_of_the_group_and_works_here() -> None:
    member = Actor(role=Role.REGULAR, rights=frozenset({"orders", "refunds"}))

    assert rights_of(member) == {Right.ORDERS, Right.REFUNDS}
    assert member.is_staff
    assert not member.is_super_user


def test_a_token_narrows_what_its_owner_may_and_never_widens_it() -> None:
    scopes = frozenset({"orders:read", "catalogue:write"})

    assert rights_of(Actor(role=Role.ADMIN, scopes=scopes)) == {Right.ORDERS, Right.CATALOGUE}
    assert written_by(Actor(role=Role.ADMIN, scopes=scopes)) == {Right.CATALOGUE}
    assert rights_of(Actor(role=Role.REGULAR, scopes=scopes)) == frozenset()
    assert rights_of(Actor(role=Role.REGULAR, rights=frozenset({"orders"}), scopes=scopes)) == {Right.ORDERS}
    assert rights_of(Actor(role=Role.SUPER_USER, scopes=frozenset())) == frozenset()


def test_a_machine_does_what_its_scopes_say_and_without_any_nothing() -> None:
    assert rights_of(Actor(role=Role.MACHINE, scopes=frozenset({"orders:read"}))) == {Right.ORDERS}
    assert rights_of(Actor(role=Role.MACHINE, scopes=frozenset({"account:read"}))) == frozenset()
    assert rights_of(Actor(role=Role.MACHINE)) == frozenset()


def test_a_scope_is_read_as_a_whole_word() -> None:
    assert rights_of(Actor(role=Role.ADMIN, scopes=frozenset({"orders", "orders:reading", "xorders:read"}))) == set()


def test_a_super_user_is_one_only_in_person() -> None:
    assert SYSTEM.is_super_user
    assert Actor(role=Role.SUPER_USER).is_super_user
    assert not Actor(role=Role.SUPER_USER, scopes=frozenset({"customers:write", "staff:write"})).is_super_user
    assert not Actor(role=Role.ADMIN).is_super_user

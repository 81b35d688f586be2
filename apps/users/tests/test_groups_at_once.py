"""Groups and memberships change at the same moment, and what accounts may do is still what their groups add up to."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.users import selectors
from apps.users.models import PermissionGroup, User
from apps.users.services import groups
from apps.users.tests.factories import GroupFactory, UserFactory
from apps.users.tests.test_at_once import at_once
from contracts.rights import Right
from kernel import clock
from kernel.actors import Actor, Role
from kernel.errors import DomainError
from kernel.ids import uuid7

pytestmark = pytest.mark.django_db(transaction=True)
BOSS = Actor(id=uuid7(), role=Role.ADMIN, email="admin@example.com")
ROUNDS = 5


@pytest.fixture(autouse=True)
def boss() -> User:
    user: User = UserFactory(id=BOSS.id, email=BOSS.email, is_staff=True)
    return user


def join(group: PermissionGroup, person: User) -> Callable[[], Any]:
    return lambda: groups.add_member(group_id=group.id, user_id=person.id, actor=BOSS, now=clock.now())


def leave(group: PermissionGroup, person: User) -> Callable[[], Any]:
    return lambda: groups.remove_member(group_id=group.id, user_id=person.id, actor=BOSS, now=clock.now())


def turn(group: PermissionGroup, *rights: Right) -> Callable[[], Any]:
    return lambda: groups.change_group(group_id=group.id, rights=rights, actor=BOSS, now=clock.now())


def test_parallel_changes_leave_no_right_behind_that_no_group_gives() -> None:
    first, second = GroupFactory(rights="orders"), GroupFactory(rights="catalogue")
    one, two = UserFactory(), UserFactory()
    join(first, two)()
    join(second, one)()

    for _ in range(ROUNDS):
        at_once([join(first, one), leave(second, one), turn(first, Right.REFUNDS), turn(second), join(second, two)])
        assert selectors.accounts_with_wrong_rights() == []
        at_once([leave(first, one), join(second, one), turn(second, Right.SETTINGS), turn(first, Right.ORDERS)])
        assert selectors.accounts_with_wrong_rights() == []
        leave(second, two)()

    assert User.objects.get(id=one.id).granted_rights == "settings"
    assert User.objects.get(id=two.id).granted_rights == "orders"


def test_a_group_that_is_deleted_while_people_join_gives_nobody_anything() -> None:
    for _ in range(ROUNDS):
        group, people = GroupFactory(rights="orders"), UserFactory.create_batch(3)

        def joined(person: User, group: PermissionGroup = group) -> bool:
            try:
                join(group, person)()
            except DomainError:
                return False
            return True

        at_once(
            [
                *(lambda person=person: joined(person) for person in people),
                lambda group=group: groups.delete_group(group_id=group.id, actor=BOSS, now=clock.now()),
            ]
        )

        assert not PermissionGroup.objects.filter(id=group.id).exists()
        assert set(User.objects.values_list("granted_rights", flat=True)) == {None}


def test_of_two_groups_with_one_name_at_once_one_is_made() -> None:
    def make() -> str:
        try:
            groups.create_group(name="Packers", rights=[], actor=BOSS, now=clock.now())
        except DomainError as error:
            return error.code
        return "made"

    assert sorted(at_once([make] * 4)) == ["group_name_taken"] * 3 + ["made"]

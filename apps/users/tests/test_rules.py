"""Who may change whom."""

import pytest

from apps.users import rules
from contracts.rights import Right
from kernel.actors import Actor, Role

REGULAR, ADMIN, SUPER_USER, SYSTEM, ANONYMOUS = (
    Role.REGULAR,
    Role.ADMIN,
    Role.SUPER_USER,
    Role.SYSTEM,
    Role.ANONYMOUS,
)


@pytest.mark.parametrize(
    ("is_staff", "is_superuser", "role"),
    [(False, False, REGULAR), (True, False, ADMIN), (True, True, SUPER_USER), (False, True, REGULAR)],
)
def test_super_user_rights_count_only_with_privilege(*, is_staff: bool, is_superuser: bool, role: Role) -> None:
    assert rules.role_of(privileged=is_staff, is_superuser=is_superuser) is role


@pytest.mark.parametrize(
    ("actor", "changes"),
    [
        (Actor(), set()),
        (Actor(role=REGULAR), set()),
        (Actor(role=REGULAR, rights=frozenset({"staff", "orders"})), set()),
        (Actor(role=REGULAR, rights=frozenset({"customers"})), {REGULAR}),
        (Actor(role=ADMIN), {REGULAR}),
        (Actor(role=ADMIN, scopes=frozenset({"customers:read"})), set()),
        (Actor(role=SUPER_USER), {REGULAR, ADMIN, SUPER_USER}),
        (Actor(role=SUPER_USER, scopes=frozenset({"customers:write", "staff:write"})), {REGULAR}),
        (Actor(role=Role.MACHINE, scopes=frozenset({"customers:write"})), {REGULAR}),
        (Actor(role=SYSTEM), {REGULAR, ADMIN, SUPER_USER}),
    ],
)
def test_who_serves_customers_changes_them_and_a_super_user_in_person_everybody(
    actor: Actor, changes: set[Role]
) -> None:
    targets = (REGULAR, ADMIN, SUPER_USER)

    assert {one for one in targets if rules.may_change_account(actor, target=one, has_rights=False)} == changes
    assert {role for role in targets if rules.may_give_role(actor, role)} == changes


def test_a_member_of_a_group_is_an_admins_business() -> None:
    colleague = Actor(role=REGULAR, rights=frozenset({"customers"}))

    assert not rules.may_change_account(colleague, target=REGULAR, has_rights=True)
    assert rules.may_change_account(Actor(role=ADMIN), target=REGULAR, has_rights=True)


@pytest.mark.parametrize("role", [ANONYMOUS, SYSTEM])
def test_nobody_gives_a_role_that_no_account_has(role: Role) -> None:
    assert not rules.may_give_role(Actor(role=SYSTEM), role)


def test_nobody_gives_a_right_that_he_or_his_token_does_not_hold() -> None:
    member = Actor(role=REGULAR, rights=frozenset({"staff", "orders"}))
    reader = Actor(role=ADMIN, scopes=frozenset({"staff:write", "orders:read", "catalogue:write"}))
    asked = (Right.STAFF, Right.ORDERS, Right.CATALOGUE, Right.REFUNDS)

    assert rules.rights_beyond(member, asked) == [Right.CATALOGUE, Right.REFUNDS]
    assert rules.rights_beyond(reader, asked) == [Right.ORDERS, Right.REFUNDS]
    assert rules.rights_beyond(Actor(role=ADMIN), asked) == []


@pytest.mark.parametrize(
    ("actor", "own", "others"),
    [
        (Actor(role=REGULAR), False, False),
        (Actor(role=REGULAR, rights=frozenset({"staff"})), False, True),
        (Actor(role=ADMIN), False, True),
        (Actor(role=SUPER_USER), True, True),
        (Actor(role=SUPER_USER, scopes=frozenset({"staff:read"})), False, False),
    ],
)
def test_nobody_works_on_a_group_that_he_is_in(actor: Actor, *, own: bool, others: bool) -> None:
    assert rules.may_change_group(actor, is_member=True) is own
    assert rules.may_change_group(actor, is_member=False) is others


def test_nobody_puts_himself_or_an_admin_into_a_group() -> None:
    admin = Actor(role=ADMIN)

    assert rules.may_change_membership(admin, target=REGULAR, is_own=False)
    assert not rules.may_change_membership(admin, target=REGULAR, is_own=True)
    assert not rules.may_change_membership(admin, target=ADMIN, is_own=False)
    assert rules.may_change_membership(Actor(role=SUPER_USER), target=ADMIN, is_own=False)


def test_rights_are_kept_in_one_order_and_unknown_words_are_none() -> None:
    assert rules.rights_text([Right.STAFF, Right.ORDERS, Right.ORDERS]) == "orders staff"
    assert rules.rights_in("orders magic staff") == {Right.ORDERS, Right.STAFF}
    assert rules.rights_in(None) == frozenset()


@pytest.mark.parametrize(
    ("permission", "is_reading"),
    [("users.view_user", True), ("users.change_user", False), ("users.review_user", False), ("view_user", True)],
)
def test_looking_is_told_from_changing(*, permission: str, is_reading: bool) -> None:
    assert rules.is_reading(permission) is is_reading

"""Who may change whom."""

import pytest

from apps.users import rules
from kernel.actors import Role

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
        (ANONYMOUS, set()),
        (REGULAR, set()),
        (ADMIN, {REGULAR}),
        (SUPER_USER, {REGULAR, ADMIN, SUPER_USER}),
        (SYSTEM, {REGULAR, ADMIN, SUPER_USER}),
    ],
)
def test_an_admin_changes_customers_and_a_super_user_everybody(actor: Role, changes: set[Role]) -> None:
    targets = (REGULAR, ADMIN, SUPER_USER)

    assert {target for target in targets if rules.may_change_account(actor=actor, target=target)} == changes
    assert {role for role in targets if rules.may_give_role(actor=actor, role=role)} == changes


@pytest.mark.parametrize("role", [ANONYMOUS, SYSTEM])
def test_nobody_gives_a_role_that_no_account_has(role: Role) -> None:
    assert not rules.may_give_role(actor=SYSTEM, role=role)


@pytest.mark.parametrize(
    ("permission", "is_reading"),
    [("users.view_user", True), ("users.change_user", False), ("users.review_user", False), ("view_user", True)],
)
def test_looking_is_told_from_changing(*, permission: str, is_reading: bool) -> None:
    assert rules.is_reading(permission) is is_reading

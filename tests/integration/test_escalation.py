"""Nobody makes himself or others more than he may: every trick we know, by API, page, Django's admin and form of sign-in."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.users import selectors
from apps.users.models import PermissionGroup, User
from apps.users.tests.factories import AccessTokenFactory, GroupFactory
from contracts.rights import SCOPES
from integrations.authentication.tests.programs import connect_machine
from kernel.actors import Role
from tests.fixtures import PASSWORD, sign_in_afresh

pytestmark = pytest.mark.django_db
USERS = "/api/v1/users/"
GROUPS = "/api/v1/groups/"
TOKEN = "saluhall_pat_" + "e" * 43
MORE = {
    "role": "super_user",
    "is_superuser": True,
    "is_staff": True,
    "rights": ["settings"],
    "granted_rights": "settings",
    "groups": [],
    "permission_groups": [],
    "user_permissions": [1],
    "session_generation": 0,
    "verified_at": "2026-01-01T00:00:00Z",
    "password": "another-long-password-1",
    "email": "super@example.com",
}


def standing(person: User) -> dict[str, Any]:
    """Return everything about an account that decides what it may do."""
    kept = User.objects.values(
        *("email", "password", "is_staff", "is_superuser", "is_active", "granted_rights", "session_generation"),
    ).get(id=person.id)
    return kept | {"groups": sorted(person.permission_groups.values_list("name", flat=True))}


@pytest.fixture
def admin(api: APIClient, staff: User) -> APIClient:
    """Return a client of the API that an admin has signed in."""
    sign_in_afresh(api, staff)
    return api


@pytest.fixture
def chief(make_user: Callable[..., Any]) -> User:
    """Return a member of a group that looks after customers and staff."""
    person: User = make_user("chief@example.com", granted_rights="customers staff")
    GroupFactory(name="Chiefs", rights="customers staff").members.add(person)
    return person


@pytest.mark.parametrize("role", ["regular", "admin", "super_user"])
def test_an_admin_gives_nobody_a_role_of_staff_and_does_not_change_his_own(
    admin: APIClient, staff: User, shopper: User, super_user: User, role: str
) -> None:
    people = (staff, shopper, super_user)
    before = [standing(person) for person in people]

    statuses = [admin.patch(f"{USERS}{person.id}/", {"role": role}).status_code for person in people]

    assert statuses == [200 if role == "admin" else 403, 200 if role == "regular" else 403, 403]
    assert [standing(person) for person in people] == before


def test_an_admin_makes_customers_only(admin: APIClient) -> None:
    for role in ("admin", "super_user"):
        answer = admin.post(USERS, {"email": "new@example.com", "role": role, "password": "a-long-pass-phrase-1"})

        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert not User.objects.filter(email="new@example.com").exists()


@pytest.mark.parametrize("word", ["SUPER_USER", "super user", "system", "machine", "anonymous", "", None, 1, ["admin"]])
def test_a_role_that_no_account_has_is_refused(admin: APIClient, shopper: User, word: object) -> None:
    assert admin.patch(f"{USERS}{shopper.id}/", {"role": word}).status_code == 400
    assert standing(shopper)["is_staff"] is False


@pytest.mark.parametrize("field", [name for name in MORE if name != "role"])
def test_a_field_that_would_make_an_account_more_is_unknown(
    admin: APIClient, staff: User, shopper: User, field: str
) -> None:
    before = [standing(staff), standing(shopper)]
    body = {field: MORE[field]}

    answers = [
        admin.patch(f"{USERS}me/", body),
        admin.patch(f"{USERS}{staff.id}/", body),
        admin.patch(f"{USERS}{shopper.id}/", body),
    ]
    if field not in {"password", "email"}:  # those two are said when an account is made
        answers.append(admin.post(USERS, {"email": "new@example.com", **body}))

    assert {answer.status_code for answer in answers} == {400}
    assert [standing(staff), standing(shopper)] == before
    assert not User.objects.filter(email="new@example.com").exists()


@pytest.mark.parametrize("field", MORE)
def test_the_account_pages_take_nothing_but_a_name(client: Client, shopper: User, field: str) -> None:
    sign_in_afresh(client, shopper)
    before = standing(shopper)

    client.post("/accounts/profile/", {"name": "Sofia", field: MORE[field]})

    assert standing(shopper) == before


def test_signing_up_makes_a_customer_whatever_else_is_sent(client: Client, api: APIClient) -> None:
    password = "a-long-pass-phrase-1"
    more = {name: value for name, value in MORE.items() if name not in {"email", "password"}}

    client.post(
        "/accounts/signup/",
        {"email": "page@example.com", "password1": password, "password2": password, "name": "P"}
        | {name: str(value) for name, value in more.items()},
    )
    api.post("/_allauth/app/v1/auth/signup", {"email": "app@example.com", "password": password} | more)

    for person in User.objects.filter(email__in=("page@example.com", "app@example.com")):
        assert person.role is Role.REGULAR
        assert (person.is_staff, person.is_superuser, person.granted_rights) == (False, False, None)
    assert User.objects.filter(email="page@example.com").exists()


def test_an_admin_does_not_touch_a_super_user(admin: APIClient, client: Client, staff: User, super_user: User) -> None:
    sign_in_afresh(client, staff)
    before = standing(super_user)
    page = f"/office/customers/{super_user.id}/"

    refused = [
        admin.patch(f"{USERS}{super_user.id}/", {"name": "Mallory"}),
        admin.patch(f"{USERS}{super_user.id}/", {"is_active": False}),
        admin.delete(f"{USERS}{super_user.id}/"),
        client.post(f"{page}role/", {"role": "regular"}),
    ]
    for name, body in (("switch", {"active": "no"}), ("sign-out", {})):
        client.post(f"{page}{name}/", body)

    assert {answer.status_code for answer in refused} == {403}
    assert standing(super_user) == before


def test_the_pages_of_the_back_office_widen_nobody(client: Client, staff: User, shopper: User, chief: User) -> None:
    for person in (staff, chief):
        sign_in_afresh(client, person)
        before = [standing(one) for one in (staff, shopper, chief)]

        for target in (staff, shopper, chief):
            answer = client.post(f"/office/customers/{target.id}/role/", {"role": "super_user"})
            assert answer.status_code == 403

        assert [standing(one) for one in (staff, shopper, chief)] == before


@pytest.mark.parametrize("path", ["add/", "{id}/change/", "{id}/delete/", "{id}/password/", ""])
def test_djangos_admin_changes_no_account(
    client: Client, staff: User, super_user: User, shopper: User, path: str
) -> None:
    people = (staff, super_user, shopper)
    before, count = [standing(person) for person in people], User.objects.count()
    body = {
        "email": "new@example.com",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
        "granted_rights": "settings",
        "post": "yes",
        "action": "delete_selected",
        "_selected_action": [str(person.id) for person in people],
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": str(staff.id),
        "form-0-is_superuser": "on",
    }

    for actor in (staff, super_user):
        sign_in_afresh(client, actor)
        for target in people:
            answer = client.post(f"/admin/users/user/{path.format(id=target.id)}", body)
            assert answer.status_code in {302, 403, 404, 200}

    assert [standing(person) for person in people] == before
    assert User.objects.count() == count


@pytest.mark.parametrize("table", ["users/permissiongroup", "users/accesstoken", "auth/group"])
def test_djangos_admin_knows_no_table_of_rights(client: Client, super_user: User, table: str) -> None:
    sign_in_afresh(client, super_user)

    assert client.get(f"/admin/{table}/").status_code == 404
    assert client.post(f"/admin/{table}/add/", {"name": "Mine", "rights": "settings"}).status_code == 404


def test_a_member_gets_no_further_through_groups(api: APIClient, chief: User, shopper: User) -> None:
    sign_in_afresh(api, chief)
    own = PermissionGroup.objects.get(name="Chiefs")
    rich = GroupFactory(name="Rich", rights="settings refunds")
    before = standing(chief)

    refused = [
        api.post(GROUPS, {"name": "More", "rights": ["settings"]}),
        api.patch(f"{GROUPS}{own.id}/", {"rights": ["customers", "staff", "settings"]}),
        api.put(f"{GROUPS}{rich.id}/members/{chief.id}/"),
        api.put(f"{GROUPS}{rich.id}/members/{shopper.id}/"),
        api.patch(f"{GROUPS}{rich.id}/", {"name": "Poor"}),
        api.delete(f"{GROUPS}{rich.id}/"),
    ]

    assert {answer.status_code for answer in refused} == {403}
    assert standing(chief) == before
    assert not PermissionGroup.objects.filter(name="More").exists()


def test_a_second_account_of_a_member_holds_no_more_than_the_first(api: APIClient, chief: User) -> None:
    sign_in_afresh(api, chief)
    made = api.post(USERS, {"email": "puppet@example.com", "password": "a-long-pass-phrase-1"})
    puppet = User.objects.get(email="puppet@example.com")
    group = api.post(GROUPS, {"name": "Puppets", "rights": ["customers", "staff"]}).json()["id"]
    api.put(f"{GROUPS}{group}/members/{puppet.id}/")
    sign_in_afresh(api, User.objects.get(id=puppet.id))

    widened = api.post(GROUPS, {"name": "More", "rights": ["orders"]})
    helped = api.put(f"{GROUPS}{group}/members/{chief.id}/")

    assert made.status_code == 201
    assert (widened.status_code, helped.status_code) == (403, 403)
    assert standing(puppet)["granted_rights"] == "customers staff"


def test_a_member_with_the_right_over_customers_does_not_touch_those_who_work_here(
    api: APIClient, chief: User, staff: User, super_user: User, make_user: Callable[..., Any]
) -> None:
    colleague = make_user("colleague@example.com", granted_rights="orders")
    people = (staff, super_user, colleague)
    before = [standing(person) for person in people]
    sign_in_afresh(api, chief)

    statuses = {
        call(f"{USERS}{person.id}/", body).status_code
        for person in people
        for call, body in ((api.patch, {"is_active": False}), (api.patch, {"name": "M"}), (api.delete, None))
    }

    assert statuses == {403}
    assert [standing(person) for person in people] == before


@pytest.mark.parametrize("role", ["admin", "super_user"])
def test_no_token_makes_staff_not_even_a_super_users(
    api: APIClient, super_user: User, shopper: User, staff: User, role: str
) -> None:
    AccessTokenFactory(user=super_user, text=TOKEN, scopes=" ".join(SCOPES))
    machine = connect_machine(scopes=tuple(SCOPES)).post(grant_type="client_credentials").json()["access_token"]

    for token in (TOKEN, machine):
        headers = {"Authorization": f"Bearer {token}"}
        made = api.post(USERS, {"email": "new@example.com", "role": role}, headers=headers)
        given = api.patch(f"{USERS}{shopper.id}/", {"role": role}, headers=headers)
        taken = api.patch(f"{USERS}{staff.id}/", {"role": "regular"}, headers=headers)

        assert (made.status_code, given.status_code, taken.status_code) == (403, 403, 403)
    assert standing(shopper)["is_staff"] is False
    assert standing(staff)["is_staff"] is True


def test_an_admin_without_a_second_factor_is_a_customer_everywhere(
    client: Client, api: APIClient, staff: User, shopper: User, settings: Any
) -> None:
    settings.MFA_REQUIRED_FOR_STAFF = True
    sign_in_afresh(client, staff)
    sign_in_afresh(api, staff)

    assert api.get(USERS).status_code == 403
    assert api.get(f"{USERS}{shopper.id}/").status_code == 404
    assert api.post(GROUPS, {"name": "Mine", "rights": ["orders"]}).status_code == 403
    assert api.get(f"{USERS}me/").json()["role"] == "regular"
    assert api.get(f"{USERS}me/").json()["rights"] == []
    assert client.get("/office/staff/")["Location"] == "/accounts/2fa/"
    assert client.post("/office/staff/new/", {"name": "Mine", "rights": ["orders"]}).status_code == 403
    assert staff.has_perm("users.view_user") is False
    assert not PermissionGroup.objects.exists()


def test_a_role_works_and_ends_at_once_in_a_session_that_is_open(
    api: APIClient, super_user: User, shopper: User
) -> None:
    boss = APIClient()
    sign_in_afresh(boss, super_user)
    sign_in_afresh(api, shopper)
    address = f"{USERS}{shopper.id}/"

    before = api.get(USERS).status_code
    boss.patch(address, {"role": "admin"})
    as_admin = (api.get(USERS).status_code, api.get("/office/").status_code, api.get("/admin/").status_code)
    boss.patch(address, {"role": "regular"})
    after = (api.get(USERS).status_code, api.get("/office/").status_code, api.get("/admin/").status_code)

    assert before == 403
    assert as_admin == (200, 200, 200)
    assert after[:2] == (403, 403)
    assert after[2] != 200


def test_an_admin_who_became_a_customer_keeps_only_what_his_groups_give(
    api: APIClient, super_user: User, staff: User
) -> None:
    group = GroupFactory(rights="orders")
    sign_in_afresh(api, super_user)
    api.put(f"{GROUPS}{group.id}/members/{staff.id}/")

    api.patch(f"{USERS}{staff.id}/", {"role": "regular"})
    fallen = User.objects.get(id=staff.id)

    assert fallen.role is Role.REGULAR
    assert fallen.rights == {"orders"}
    assert selectors.accounts_with_wrong_rights() == []


def test_a_member_who_is_switched_off_loses_his_rights_with_his_session(
    api: APIClient, staff: User, make_user: Callable[..., Any]
) -> None:
    member = make_user("member@example.com", granted_rights="orders")
    boss = APIClient()
    sign_in_afresh(boss, staff)
    sign_in_afresh(api, member)

    before = api.get("/api/v1/messages/").status_code
    boss.patch(f"{USERS}{member.id}/", {"is_active": False})

    assert (before, api.get("/api/v1/messages/").status_code) == (200, 401)

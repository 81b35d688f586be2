"""Accounts in the API: who sees whom, who changes whom, and what is refused."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.users.models import User
from apps.users.tests.factories import UserFactory
from contracts.users import AccountMailRequested
from kernel.ids import uuid7
from tests.fixtures import PASSWORD, sign_in_afresh

pytestmark = pytest.mark.django_db
USERS = "/api/v1/users/"
ME = "/api/v1/users/me/"


def test_a_stranger_is_asked_to_sign_in(api: APIClient) -> None:
    for path in (USERS, ME, "/api/v1/addresses/", f"{USERS}{uuid7()}/"):
        answer = api.get(path)

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'
        assert answer.json()["code"] == "not_authenticated"


def test_a_session_token_opens_the_api_until_its_session_ends(api: APIClient, shopper: User) -> None:
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(user=shopper, email=shopper.email, primary=True, verified=True)
    login = api.post("/_allauth/app/v1/auth/login", {"email": shopper.email, "password": PASSWORD})
    token = login.json()["meta"]["session_token"]

    assert login.status_code == 200
    assert api.get(ME, headers={"X-Session-Token": token}).json()["email"] == shopper.email
    assert api.patch(ME, {"name": "Sofia"}, headers={"X-Session-Token": token}).json()["name"] == "Sofia"
    api.delete("/_allauth/app/v1/auth/session", headers={"X-Session-Token": token})
    assert api.get(ME, headers={"X-Session-Token": token}).json()["code"] == "authentication_failed"


@pytest.mark.parametrize("token", ["", "x", "a" * 32, "a" * 5000, "../../etc", "å" * 32])
def test_a_made_up_session_token_is_refused(api: APIClient, token: str) -> None:
    answer = api.get(ME, HTTP_X_SESSION_TOKEN=token)

    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")


def test_a_write_by_cookie_needs_the_csrf_token(shopper: User) -> None:
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(shopper)

    answer = browser.patch(ME, {"name": "Mallory"})

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_people_read_and_name_themselves(api: APIClient, shopper: User) -> None:
    api.force_login(shopper)

    answer = api.patch(ME, {"name": "<b>Sofia</b>"})

    assert answer.status_code == 200
    assert answer.json() | {"date_joined": "", "last_login": ""} == {
        "id": str(shopper.id),
        "email": "shopper@example.com",
        "name": "<b>Sofia</b>",
        "role": "regular",
        "rights": [],
        "is_active": True,
        "is_verified": False,
        "date_joined": "",
        "last_login": "",
    }


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"name": "x" * 151}, "name", "invalid"),
        ({"name": None}, "name", "invalid"),
        ({"name": {"a": 1}}, "name", "invalid"),
        ({"role": "super_user"}, "role", "unknown_field"),
        ({"is_staff": True}, "is_staff", "unknown_field"),
        ({"email": "new@example.com"}, "email", "unknown_field"),
    ],
)
def test_people_change_nothing_else_of_themselves(
    api: APIClient, shopper: User, body: dict[str, Any], field: str, code: str
) -> None:
    api.force_login(shopper)

    answer = api.patch(ME, body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert list(answer.json()["errors"]) == [field]


def test_another_account_does_not_exist_for_a_customer(api: APIClient, shopper: User, super_user: User) -> None:
    api.force_login(shopper)

    assert api.get(USERS).status_code == 403
    assert api.get(f"{USERS}{super_user.id}/").status_code == 404
    assert api.get(f"{USERS}{shopper.id}/").status_code == 200
    assert api.patch(f"{USERS}{shopper.id}/", {"role": "admin"}).status_code == 403
    assert api.delete(f"{USERS}{super_user.id}/").status_code == 403


def test_staff_lists_and_searches_page_by_page(api: APIClient, staff: User, statements: Any) -> None:
    UserFactory.create_batch(5)
    api.force_login(staff)

    first = api.get(f"{USERS}?page_size=2&count=true&search=PERSON").json()
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()

    assert first["count"] == 5
    assert [len(page["results"]) for page in (first, second, third)] == [2, 2, 1]
    assert third["next"] is None
    assert len({row["id"] for page in (first, second, third) for row in page["results"]}) == 5
    with statements() as ran:
        api.get(f"{USERS}?page_size=5")
    assert len(ran) == 4, ran  # session, account, list, groups


@pytest.mark.parametrize(
    "query",
    [
        "search=%00",
        f"search={'x' * 201}",
        "is_active=perhaps",
        "is_active=",
        "ordering=password",
        "cursor=x",
        "page_size=0",
    ],
)
def test_a_list_refuses_a_query_without_meaning(api: APIClient, staff: User, query: str) -> None:
    api.force_login(staff)

    assert api.get(f"{USERS}?{query}").status_code == 400


def test_an_admin_makes_a_customer_who_gets_a_mail(api: APIClient, staff: User, published: Any) -> None:
    api.force_login(staff)

    answer = api.post(USERS, {"email": " New@Example.com ", "name": "Nina"})

    assert (answer.status_code, answer.json()["role"], answer.json()["is_verified"]) == (201, "regular", False)
    user = User.objects.get(email="new@example.com")
    assert not user.has_usable_password()
    mails = [event for event in published() if isinstance(event, AccountMailRequested)]
    assert [(type(event), event.to) for event in mails] == [(AccountMailRequested, "new@example.com")]
    assert "http://testserver/accounts/password/reset/" in mails[0].text


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"email": "shopper@example.com"}, 409, "email_taken", "email"),
        ({"email": "SHOPPER@example.com"}, 409, "email_taken", "email"),
        ({"email": "x"}, 400, "invalid", "email"),
        ({"email": f"{'a' * 250}@example.com"}, 400, "invalid", "email"),
        ({"email": 10**18}, 400, "invalid", "email"),
        ({}, 400, "invalid", "email"),
        ({"email": "n@example.com", "password": "12345678"}, 400, "invalid", "password"),
        ({"email": "n@example.com", "role": "system"}, 400, "invalid", "role"),
        ({"email": "n@example.com", "is_superuser": True}, 400, "unknown_field", "is_superuser"),
    ],
)
def test_a_bad_account_is_refused_at_its_field(
    api: APIClient, shopper: User, super_user: User, body: dict[str, Any], status: int, code: str, field: str
) -> None:
    api.force_login(super_user)

    answer = api.post(USERS, body)

    assert (answer.status_code, answer.json()["code"], list(answer.json()["errors"])) == (status, code, [field])
    assert User.objects.count() == 2


@pytest.mark.parametrize("role", ["admin", "super_user"])
def test_only_a_super_user_makes_staff(api: APIClient, staff: User, super_user: User, role: str) -> None:
    sign_in_afresh(api, staff)
    assert api.post(USERS, {"email": "new@example.com", "role": role}).json()["code"] == "permission_denied"

    sign_in_afresh(api, super_user)
    assert api.post(USERS, {"email": "new@example.com", "role": role}).json()["role"] == role


@pytest.mark.parametrize("body", [{"role": "regular"}, {"is_active": False}, {"name": "Changed"}])
def test_an_admin_cannot_touch_staff(api: APIClient, staff: User, super_user: User, body: dict[str, Any]) -> None:
    other_admin = UserFactory.create(is_staff=True)
    switched_off = UserFactory.create(is_staff=True, is_superuser=True, is_active=False)
    api.force_login(staff)

    for target in (super_user, other_admin, switched_off):
        assert api.patch(f"{USERS}{target.id}/", body).status_code == 403
        assert api.delete(f"{USERS}{target.id}/").status_code == 403


@pytest.mark.parametrize("who", ["staff", "super_user"])
def test_staff_neither_widen_nor_lock_out_themselves(api: APIClient, request: Any, who: str) -> None:
    user = request.getfixturevalue(who)
    sign_in_afresh(api, user)

    for body in ({"role": "regular"}, {"is_active": False}):
        assert api.patch(f"{USERS}{user.id}/", body).json()["code"] == "own_account"
    if who == "staff":
        assert api.patch(f"{USERS}{user.id}/", {"role": "super_user"}).json()["code"] == "own_account"
    assert api.delete(f"{USERS}{user.id}/").json()["code"] == "own_account"


def test_a_super_user_raises_and_lowers_others(api: APIClient, shopper: User, super_user: User) -> None:
    sign_in_afresh(api, super_user)
    path = f"{USERS}{shopper.id}/"

    assert api.patch(path, {"role": "admin", "name": "Sofia"}).json()["role"] == "admin"
    shopper.refresh_from_db()
    assert (shopper.role, shopper.privileged, shopper.has_perm("orders.view_order")) == ("admin", True, True)
    assert not shopper.has_perm("orders.change_order")
    assert api.patch(path, {"role": "regular"}).json()["role"] == "regular"


def test_deleting_switches_off_and_ends_the_sessions_for_good(api: APIClient, shopper: User, staff: User) -> None:
    theirs = APIClient()
    theirs.force_login(shopper)
    api.force_login(staff)

    assert api.delete(f"{USERS}{shopper.id}/").status_code == 204
    assert theirs.get(ME).status_code == 401
    assert api.patch(f"{USERS}{shopper.id}/", {"is_active": True}).json()["is_active"] is True
    assert theirs.get(ME).status_code == 401


def test_a_change_made_for_another_version_is_refused(api: APIClient, shopper: User, staff: User) -> None:
    api.force_login(staff)
    path = f"{USERS}{shopper.id}/"
    seen = api.get(path).headers["ETag"]
    changed = api.patch(path, {"name": "First"}, headers={"If-Match": seen})

    answer = api.patch(path, {"name": "Second"}, headers={"If-Match": seen})

    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert api.get(path, headers={"If-None-Match": changed.headers["ETag"]}).status_code == 304
    assert api.get(path).json()["name"] == "First"


@pytest.mark.parametrize("path", ["x", "123", "-" * 36, "00000000-0000-0000-0000-000000000000"])
def test_an_account_that_is_not_there_is_not_found(api: APIClient, staff: User, path: str) -> None:
    api.force_login(staff)

    answer = api.get(f"{USERS}{path}/")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

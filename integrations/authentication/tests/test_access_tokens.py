"""Personal access tokens at the door: what opens, for whom, how far, and what it costs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection
from rest_framework.test import APIClient

from apps.users import rules
from apps.users.models import AccessToken, User
from apps.users.services.accounts import change_user_by_staff
from apps.users.services.token_use import NOTED_EVERY, find_token, note_use
from apps.users.services.tokens import create_token
from apps.users.tests.factories import AccessTokenFactory
from integrations.authentication.tests.conftest import APP, ME, SignedIn, basic, bearer
from kernel.actors import Actor, Role
from kernel.errors import ForbiddenError
from tests.fixtures import NOON, PASSWORD

pytestmark = pytest.mark.django_db
TOKENS = "/api/v1/tokens/"
ADDRESSES = "/api/v1/addresses/"
USERS = "/api/v1/users/"
BODY = {"name": "Another", "scopes": ["orders:read"]}
MOMENT = timedelta(microseconds=1)
TEXT = rules.TOKEN_PREFIX + "aB3-_" * 8 + "xyZ"


def token_of(user: User, *scopes: str, text: str = TEXT, **values: Any) -> str:
    """Give somebody a token, and return its text."""
    AccessTokenFactory.create(user=user, text=text, scopes=" ".join(scopes), **values)
    return text


def status(api: APIClient, token: str, path: str = ME) -> int:
    return api.get(path, headers=bearer(token)).status_code


def test_a_token_opens_what_its_scopes_say(api: APIClient, shopper: User) -> None:
    token = token_of(shopper, "account:read")

    assert api.get(ME, headers=bearer(token)).json()["email"] == "shopper@example.com"
    refused = api.patch(ME, {"name": "Mallory"}, headers=bearer(token))
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert refused.json()["scope"] == "account:write"
    assert api.get("/api/v1/orders/", headers=bearer(token)).json()["scope"] == "orders:read"
    shopper.refresh_from_db()
    assert shopper.name == "Shopper"


def test_in_the_place_of_the_password_it_opens_as_much_for_its_owner_only(
    api: APIClient, shopper: User, other_shopper: User
) -> None:
    token = token_of(shopper, "account:read")

    assert api.get(ME, headers=basic("Shopper@Example.com", token)).status_code == 200
    assert api.get(ADDRESSES, headers=basic(shopper.email, token)).status_code == 200
    assert api.get("/api/v1/orders/", headers=basic(shopper.email, token)).status_code == 403
    assert api.get(ME, headers=basic(other_shopper.email, token)).status_code == 401


def test_no_token_makes_sees_or_revokes_tokens(api: APIClient, super_user: User) -> None:
    token = token_of(super_user, *rules.usable_scopes(Actor(role=Role.SUPER_USER)))
    own = AccessToken.objects.get()

    for credential in (bearer(token), basic(super_user.email, token)):
        for answer in (
            api.post(TOKENS, BODY, headers=credential),
            api.get(TOKENS, headers=credential),
            api.get(f"{TOKENS}{own.id}/", headers=credential),
            api.delete(f"{TOKENS}{own.id}/", headers=credential),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")

    assert AccessToken.objects.get() == own


def test_a_password_without_a_sign_in_makes_no_token(api: APIClient, proven: User) -> None:
    credential = basic(proven.email, PASSWORD)

    assert api.get(ME, headers=credential).status_code == 200
    refused = api.post(TOKENS, BODY, headers=credential)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_in_person")
    assert api.get(TOKENS, headers=credential).status_code == 403
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("way", ["jwt", "session token"])
def test_an_app_confirms_the_password_before_it_makes_one(
    api: APIClient, sign_in: Callable[[User], SignedIn], shopper: User, way: str
) -> None:
    app = sign_in(shopper)
    api.logout()
    headers = bearer(app.access) if way == "jwt" else {"X-Session-Token": app.session_token}

    refused = api.post(TOKENS, BODY, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "reauthentication_required")
    assert api.get(TOKENS, headers=headers).json()["results"] == []

    confirmed = api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=headers)
    assert confirmed.status_code == 200, confirmed.content
    made = api.post(TOKENS, BODY, headers=headers)

    assert made.status_code == 201
    assert status(api, made.json()["token"], "/api/v1/orders/") == 200


def test_a_token_is_revoked_without_a_new_proof(
    api: APIClient, sign_in: Callable[[User], SignedIn], shopper: User
) -> None:
    app, token = sign_in(shopper), AccessTokenFactory.create(user=shopper)
    api.logout()

    assert api.delete(f"{TOKENS}{token.id}/", headers=bearer(app.access)).status_code == 204
    assert not AccessToken.objects.exists()


def test_the_proof_of_another_session_makes_none(
    api: APIClient, sign_in: Callable[[User], SignedIn], shopper: User, other_shopper: User
) -> None:
    stolen, mine = sign_in(shopper), sign_in(other_shopper)
    api.logout()
    own = {"X-Session-Token": mine.session_token}
    assert api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=own).status_code == 200

    refused = api.post(TOKENS, BODY, headers=bearer(stolen.access) | own)

    assert (refused.status_code, refused.json()["code"]) == (403, "reauthentication_required")
    assert not AccessToken.objects.exists()


def test_an_unattended_browser_makes_none_by_the_api_either(api: APIClient, shopper: User) -> None:
    api.force_login(shopper)

    refused = api.post(TOKENS, BODY)

    assert (refused.status_code, refused.json()["code"]) == (403, "reauthentication_required")
    assert api.get(TOKENS).status_code == 200
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize(
    "mangled",
    [
        TEXT[:-1],
        TEXT + "a",
        TEXT + "\n",
        TEXT + "\x00",
        TEXT.swapcase(),
        TEXT.upper(),
        TEXT.replace("aB3", "Ab3", 1),
        TEXT.removeprefix("saluhall_"),
        "x" + TEXT,
        rules.token_digest(TEXT),
        rules.TOKEN_PREFIX,
        rules.TOKEN_PREFIX + "\N{FULLWIDTH LATIN SMALL LETTER A}" * 43,
        "",
    ],
)
def test_a_token_that_is_nearly_right_is_none(shopper: User, mangled: str) -> None:
    token_of(shopper, "account:read")

    assert find_token(TEXT, now=NOON) is not None
    assert find_token(mangled, now=NOON) is None


@pytest.mark.parametrize("mangled", [TEXT[:-1], TEXT + "a", TEXT.upper(), f"{TEXT}, {TEXT}", f"{TEXT} {TEXT}"])
def test_what_is_nearly_a_token_is_refused_and_not_taken_for_a_stranger(
    api: APIClient, shopper: User, mangled: str
) -> None:
    token_of(shopper, "account:read")

    answer = api.post("/api/v1/carts/", {}, headers=bearer(mangled))

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


def test_a_token_counts_in_its_header_only(api: APIClient, shopper: User) -> None:
    token = token_of(shopper, "account:read", "orders:write")

    assert api.get(f"{ME}?access_token={token}&token={token}&api_key={token}").status_code == 401
    assert api.get(ME, headers={"X-Session-Token": token}).status_code == 401
    assert api.get(ME, headers={"X-API-Key": token}).status_code == 401
    assert api.get(ME, headers={"Authorization": f"Token {token}"}).status_code == 401
    assert api.get(ME, headers={"Cookie": f"sessionid={token}"}).status_code == 401


def test_a_token_is_no_key_to_a_cart(api: APIClient, shopper: User) -> None:
    token = token_of(shopper, "orders:read")
    cart = api.post("/api/v1/carts/", {}).json()["id"]

    assert api.get(f"/api/v1/carts/{cart}/", headers={"X-Cart-Token": token}).status_code == 404
    assert api.get(f"/api/v1/carts/{cart}/", headers=bearer(token)).status_code == 404


def test_a_token_ends_to_the_moment(
    api: APIClient, shopper: User, noon: datetime, stop_clock: Callable[[datetime], None]
) -> None:
    token = token_of(shopper, "account:read", expires_at=noon + MOMENT)

    assert status(api, token) == 200
    stop_clock(noon + MOMENT)
    assert status(api, token) == 401


def test_a_token_is_revoked_at_once(api: APIClient, sign_in: Callable[[User], SignedIn], shopper: User) -> None:
    app, token = sign_in(shopper), token_of(shopper, "account:read")
    api.logout()
    made = AccessToken.objects.get()
    assert status(api, token) == 200

    revoked = api.delete(f"{TOKENS}{made.id}/", headers=bearer(app.access))
    again = api.delete(f"{TOKENS}{made.id}/", headers=bearer(app.access))

    assert (revoked.status_code, again.status_code) == (204, 404)
    assert status(api, token) == 401
    assert api.get(ME, headers=basic(shopper.email, token)).status_code == 401


def test_a_token_of_an_account_that_is_off_opens_nothing(api: APIClient, shopper: User) -> None:
    token = token_of(shopper, "account:read")
    assert status(api, token) == 200

    shopper.is_active = False
    shopper.save(update_fields=["is_active"])

    assert status(api, token) == 401


def test_a_token_of_an_admin_is_one_of_a_customer_at_once_after_the_demotion(
    api: APIClient, staff: User, shopper: User
) -> None:
    token = token_of(staff, "customers:read", "customers:write", "catalogue:write")
    path = f"{USERS}{shopper.id}/"
    assert status(api, token, path) == 200

    staff.is_staff = False
    staff.save(update_fields=["is_staff"])

    assert status(api, token, USERS) == 403
    assert status(api, token, path) == 404
    assert api.delete(path, headers=bearer(token)).status_code == 403
    assert api.post("/api/v1/categories/", {"name": "Kitchen"}, headers=bearer(token)).status_code == 403
    shopper.refresh_from_db()
    assert shopper.is_active


def test_a_scope_without_the_right_is_worth_nothing(api: APIClient, shopper: User, other_shopper: User) -> None:
    token = token_of(shopper, "customers:read", "customers:write", "orders:read")

    assert status(api, token, USERS) == 403
    assert status(api, token, f"{USERS}{other_shopper.id}/") == 404


def test_a_right_without_the_scope_is_worth_nothing(api: APIClient, super_user: User, shopper: User) -> None:
    token = token_of(super_user, "account:read", "customers:read")
    path = f"{USERS}{shopper.id}/"

    assert status(api, token, path) == 200
    assert api.patch(path, {"role": "super_user"}, headers=bearer(token)).status_code == 403
    assert api.delete(path, headers=bearer(token)).status_code == 403
    shopper.refresh_from_db()
    assert (shopper.is_active, shopper.is_superuser) == (True, False)


def test_a_token_of_staff_waits_for_the_second_factor_as_staff_does(api: APIClient, staff: User, settings: Any) -> None:
    token = token_of(staff, "account:read", "customers:read")
    assert status(api, token, USERS) == 200

    settings.MFA_REQUIRED_FOR_STAFF = True

    assert status(api, token, USERS) == 403
    assert api.get(ME, headers=bearer(token)).json()["role"] == "regular"
    staff.phone, staff.phone_verified_at = "+46700000000", NOON
    staff.save(update_fields=["phone", "phone_verified_at"])
    assert status(api, token, USERS) == 200


def test_a_request_costs_two_statements_and_one_within_the_minute(
    api: APIClient, shopper: User, statements: Any, stop_clock: Callable[[datetime], None]
) -> None:
    stop_clock(NOON)
    token = token_of(shopper, "account:read")

    with statements() as first:
        assert status(api, token) == 200
    stop_clock(NOON + NOTED_EVERY - MOMENT)
    with statements() as second:
        assert status(api, token) == 200
    stop_clock(NOON + NOTED_EVERY)
    with statements() as later:
        assert status(api, token) == 200

    assert [len(first), len(second), len(later)] == [2, 1, 2], (first, second, later)
    assert AccessToken.objects.get().last_used_at == NOON + NOTED_EVERY


def test_an_admins_second_factor_is_known_without_a_statement_of_its_own(
    api: APIClient, staff: User, statements: Any, noon: datetime, settings: Any
) -> None:
    settings.MFA_REQUIRED_FOR_STAFF = True
    token = token_of(staff, "account:read", last_used_at=noon)

    with statements() as ran:
        assert api.get(ME, headers=bearer(token)).json()["role"] == "regular"

    assert len(ran) == 1, ran


def test_two_requests_at_once_note_one_use(shopper: User, statements: Any) -> None:
    token_of(shopper, "account:read")
    one, other = find_token(TEXT, now=NOON), find_token(TEXT, now=NOON)
    assert one is not None
    assert other is not None

    note_use(one, now=NOON)
    note_use(other, now=NOON + timedelta(seconds=30))

    assert AccessToken.objects.get().last_used_at == NOON


def test_a_database_that_takes_no_write_lets_readers_in(
    api: APIClient, shopper: User, read_only: Callable[[], Any]
) -> None:
    token = token_of(shopper, "account:read")

    with read_only():
        assert status(api, token) == 200

    assert AccessToken.objects.get().last_used_at is None


@pytest.fixture
def read_only(db: None) -> Callable[[], Any]:
    """Return a context in which every write fails as on a database that is read only."""

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("UPDATE", "INSERT", "DELETE")):
            raise DatabaseError("attempt to write a readonly database")
        return execute(sql, params, many, context)

    return lambda: connection.execute_wrapper(refuse)


def test_the_text_of_a_token_is_in_no_table_and_no_log(
    api: APIClient,
    sign_in: Callable[[User], SignedIn],
    shopper: User,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = sign_in(shopper)
    api.logout()
    caplog.set_level("DEBUG")
    api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=bearer(app.access))
    token = api.post(TOKENS, BODY, headers=bearer(app.access)).json()["token"]
    status(api, token, "/api/v1/orders/")
    status(api, token)
    status(api, token + "x")
    api.get(f"{ME}?token={token}")

    kept = [str(list(model._default_manager.values_list())) for model in apps.get_models() if model._meta.managed]
    told = capsys.readouterr()
    assert not [rows for rows in kept if token in rows]
    assert token not in caplog.text + told.out + told.err


def test_a_new_token_tells_nobody_by_accident(shopper: User) -> None:
    actor = Actor(id=shopper.id, role=Role.REGULAR, email=shopper.email)

    made = create_token(name="Script", scopes=["orders:read"], actor=actor, now=NOON)

    assert made.text not in repr(made) + str(made) + str(made.token)
    assert rules.is_token(made.text)


def test_a_token_of_an_account_that_was_switched_off_stays_ended_when_it_is_on_again(
    api: APIClient, shopper: User, super_user: User
) -> None:
    boss = Actor(id=super_user.id, role=Role.SUPER_USER)
    token = token_of(shopper, "account:read")
    assert status(api, token) == 200

    change_user_by_staff(user_id=shopper.id, is_active=False, actor=boss, now=NOON)
    with pytest.raises(ForbiddenError):
        create_token(name="late", scopes=["account:read"], actor=Actor(id=shopper.id, role=Role.REGULAR), now=NOON)
    change_user_by_staff(user_id=shopper.id, is_active=True, actor=boss, now=NOON)

    assert status(api, token) == 401
    assert not AccessToken.objects.exists()

"""Erasing one's own account by every way in: only in person, and only after showing again who one is."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from rest_framework.test import APIClient

from apps.users.models import User
from apps.users.services.tokens import create_token
from contracts.users import UsersAction
from integrations.authentication.tests.authenticator_app import prove_email, set_up_app
from integrations.authentication.tests.conftest import APP, ME, SignedIn, basic, bearer
from integrations.authentication.tests.programs import connect_machine
from kernel import clock
from kernel.actors import Actor
from tests.fixtures import NOON, PASSWORD, sign_in_afresh

pytestmark = pytest.mark.django_db
ERASE = "/accounts/data/erase/"
CHOSEN = "another-horse-battery-9"
SignIn = Callable[[User], SignedIn]


def is_erased(user: User) -> bool:
    return User.objects.get(id=user.id).erased_at is not None


@pytest.mark.parametrize("way", ["jwt", "session token"])
def test_an_app_confirms_the_password_before_it_erases_the_account(
    api: APIClient, shopper: User, sign_in: SignIn, way: str
) -> None:
    signed_in = sign_in(shopper)
    headers = bearer(signed_in.access) if way == "jwt" else {"X-Session-Token": signed_in.session_token}

    refused = api.delete(ME, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "reauthentication_required")
    assert not is_erased(shopper)

    confirmed = api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=headers)
    assert confirmed.status_code == 200, confirmed.content
    done = api.delete(ME, headers=headers)

    assert (done.status_code, done.content) == (204, b"")
    assert is_erased(shopper)
    assert api.get(ME, headers=headers).status_code == 401


def test_the_sign_in_of_one_session_confirms_nothing_for_another(
    api: APIClient, shopper: User, sign_in: SignIn
) -> None:
    first, second = sign_in(shopper), sign_in(shopper)
    api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=bearer(first.access))

    assert api.delete(ME, headers=bearer(second.access)).json()["code"] == "reauthentication_required"
    assert not is_erased(shopper)


def test_a_proof_from_before_the_clock_was_set_back_is_none(api: APIClient, shopper: User, sign_in: SignIn) -> None:
    signed_in = sign_in(shopper)
    api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=bearer(signed_in.access))
    session = SessionStore(signed_in.session_token)
    for proof in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        proof["at"] += 24 * 3600
    session.save()

    answer = api.delete(ME, headers=bearer(signed_in.access))

    assert (answer.status_code, answer.json()["code"]) == (403, "reauthentication_required")
    assert not is_erased(shopper)


def test_a_token_that_was_given_away_never_erases_its_owner(api: APIClient, proven: User) -> None:
    actor = Actor(id=proven.id, role=proven.role, email=proven.email)
    scopes = ["account:read", "account:write", "orders:read", "orders:write"]
    text = create_token(name="All", scopes=scopes, actor=actor, now=clock.now()).text

    answer = api.delete(ME, headers=bearer(text))

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert not is_erased(proven)


def test_a_password_without_a_sign_in_erases_nobody(api: APIClient, proven: User) -> None:
    answer = api.delete(ME, headers=basic(proven.email, PASSWORD))

    assert answer.status_code == 403
    assert not is_erased(proven)


def test_a_stranger_erases_nobody(api: APIClient, db: None) -> None:
    assert api.delete(ME).status_code == 401


def test_a_page_asks_for_password_and_address_and_then_signs_out(client: Client, proven: User) -> None:
    client.force_login(proven)

    asked = client.get(ERASE)
    assert (asked.status_code, asked["Location"]) == (
        302,
        "/accounts/reauthenticate/?next=%2Faccounts%2Fdata%2Ferase%2F",
    )

    client.post(f"/accounts/reauthenticate/?next={ERASE}", {"password": PASSWORD})
    assert client.get(ERASE).status_code == 200
    wrong = client.post(ERASE, {"email": "somebody@example.com"})
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["email"])
    assert not is_erased(proven)

    done = client.post(ERASE, {"email": proven.email.upper()}, follow=True)

    assert "Your account is erased." in done.content.decode()
    assert is_erased(proven)
    assert client.get("/dashboard/").status_code == 302


def test_a_page_erases_nothing_without_the_password(client: Client, proven: User) -> None:
    client.force_login(proven)

    answer = client.post(ERASE, {"email": proven.email})

    assert answer.status_code == 302
    assert not is_erased(proven)


def test_the_page_says_which_orders_are_under_way(client: Client, proven: User) -> None:
    from apps.orders.tests.factories import OrderFactory

    OrderFactory(customer_id=proven.id, number="WAIT1")
    client.force_login(proven)
    client.post(f"/accounts/reauthenticate/?next={ERASE}", {"password": PASSWORD})

    page = client.get(ERASE).content.decode()
    refused = client.post(ERASE, {"email": proven.email})

    assert "These orders are still under way: WAIT1." in page
    assert refused.status_code == 422
    assert not is_erased(proven)


def test_staff_erases_a_customer_from_the_office(client: Client, staff: User, shopper: User) -> None:
    address = f"/office/customers/{shopper.id}/erase/"
    prove_email(staff)
    client.force_login(staff)
    assert client.get(address)["Location"].startswith("/accounts/reauthenticate/")
    client.post(f"/accounts/reauthenticate/?next={address}", {"password": PASSWORD})

    assert "Erase this account" in client.get(address).content.decode()
    answer = client.post(address, {"email": shopper.email})

    assert answer["Location"] == "/office/customers/"
    assert is_erased(shopper)
    assert client.get(f"/office/customers/{shopper.id}/").status_code == 404
    assert "erased.invalid" not in client.get("/office/customers/").content.decode()


@pytest.mark.parametrize("who", ["shopper", "staff"])
def test_only_staff_erases_others_and_never_each_other(
    api: APIClient, who: str, request: pytest.FixtureRequest, make_user: Any
) -> None:
    target = make_user("target@example.com", is_staff=who == "staff")
    sign_in_afresh(api, request.getfixturevalue(who))

    answer = api.post(f"/api/v1/users/{target.id}/erase/")

    assert answer.status_code == (403 if who == "shopper" else 409)
    assert not is_erased(target)


def test_staff_erases_a_customer_by_the_api_once(api: APIClient, staff: User, shopper: User, recorded: Any) -> None:
    sign_in_afresh(api, staff)

    answers = [api.post(f"/api/v1/users/{shopper.id}/erase/").status_code for _time in range(2)]

    assert answers == [204, 404]
    assert is_erased(shopper)
    assert [event.action for event in recorded() if isinstance(event, UsersAction)] == ["account_erased"]


def test_staff_erases_nobody_by_the_api_without_a_new_proof(api: APIClient, staff: User, shopper: User) -> None:
    api.force_login(staff)

    answer = api.post(f"/api/v1/users/{shopper.id}/erase/")

    assert (answer.status_code, answer.json()["code"]) == (403, "reauthentication_required")
    assert not is_erased(shopper)


def test_no_token_and_no_machine_erases_anybody(staff: User, shopper: User) -> None:
    actor = Actor(id=staff.id, role=staff.role, email=staff.email)
    token = create_token(name="CRM", scopes=["customers:write"], actor=actor, now=clock.now()).text
    machine = connect_machine(scopes=("customers:write",)).post(grant_type="client_credentials").json()["access_token"]

    answers = [APIClient().post(f"/api/v1/users/{shopper.id}/erase/", headers=bearer(one)) for one in (token, machine)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "insufficient_scope")] * 2
    assert not is_erased(shopper)


def test_the_proof_of_another_session_of_the_same_person_confirms_nothing(
    api: APIClient, shopper: User, sign_in: Callable[[User], SignedIn]
) -> None:
    proven, other = sign_in(shopper), sign_in(shopper)
    header = {"X-Session-Token": proven.session_token}
    assert api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=header).status_code == 200
    wanted = {"name": "One", "scopes": ["account:read"], "expires_in_days": 5}

    answer = APIClient().post("/api/v1/tokens/", wanted, headers=bearer(other.access) | header)

    assert (answer.status_code, answer.json()["code"]) == (403, "reauthentication_required")


@pytest.mark.parametrize("way", ["page", "browser", "app"])
def test_a_first_password_takes_a_new_proof_where_there_is_a_second_factor(shopper: User, way: str) -> None:
    """Else a session that was left open would give itself the password that then proves it."""
    shopper.set_unusable_password()
    shopper.save()
    set_up_app(shopper)
    api = APIClient()
    api.force_login(shopper)
    if way == "page":
        answer = api.post("/accounts/password/set/", {"password1": CHOSEN, "password2": CHOSEN}, format="multipart")
    else:
        header = {"X-Session-Token": api.session.session_key} if way == "app" else {}
        client = APIClient() if way == "app" else api
        answer = client.post(f"/_allauth/{way}/v1/account/password/change", {"new_password": CHOSEN}, headers=header)

    assert answer.status_code == (302 if way == "page" else 401)
    assert not User.objects.get(id=shopper.id).has_usable_password()
    assert CHOSEN not in str(dict(api.session))


@pytest.mark.parametrize(
    ("door", "body", "allowed"),
    [
        ("account/password/change", {"new_password": CHOSEN, "current_password": "wrong"}, 20),
        ("auth/reauthenticate", {"password": "wrong"}, 60),
    ],
)
def test_guesses_at_the_old_password_are_few_a_day(
    api: APIClient,
    shopper: User,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    door: str,
    body: dict[str, str],
    allowed: int,
) -> None:
    signed_in, clock_of_limits = sign_in(shopper), [time.time()]
    told = SimpleNamespace(time=lambda: clock_of_limits[0], monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr("allauth.core.internal.ratelimit.time", told)

    def guess() -> int:
        clock_of_limits[0] += 120
        return int(api.post(f"{APP}/{door}", body, headers=bearer(signed_in.access)).status_code)

    answers = [guess() for _ in range(allowed + 5)]

    assert (answers.count(400), set(answers)) == (allowed, {400, 429})


@pytest.mark.parametrize("has_phone", [False, True])
def test_who_comes_by_another_company_alone_signs_in_once_more(
    client: Client, api: APIClient, shopper: User, has_phone: bool
) -> None:
    shopper.phone_verified_at = NOON if has_phone else None
    _came_by_another_company(client, shopper, seconds_ago=360)

    asked = client.get("/accounts/tokens/new/")
    page = client.get(asked["Location"], follow=True)
    led = client.post("/accounts/sign-in-again/", {"next": page.context["next"]})

    assert page.request["PATH_INFO"] == "/accounts/sign-in-again/"
    assert "Sign in again" in page.content.decode()
    assert led["Location"] == "/accounts/login/?next=%2Faccounts%2Ftokens%2Fnew%2F"
    assert client.get("/accounts/tokens/new/")["Location"].startswith("/accounts/login/")
    assert (
        api.post(
            "/api/v1/tokens/", {"name": "x"}, headers={"Cookie": f"sessionid={client.session.session_key}"}
        ).status_code
        == 401
    )


def test_and_is_let_on_after_that(client: Client, shopper: User) -> None:
    _came_by_another_company(client, shopper, seconds_ago=10)

    assert client.get("/accounts/tokens/new/").status_code == 200


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_again_leads_to_no_other_site(client: Client, shopper: User, elsewhere: str) -> None:
    client.force_login(shopper)

    shown = client.get("/accounts/sign-in-again/", {"next": elsewhere})
    led = client.post("/accounts/sign-in-again/", {"next": elsewhere})

    assert "evil" not in shown.content.decode()
    assert led["Location"] == "/accounts/login/?next=%2Fdashboard%2F"


def _came_by_another_company(client: Client, user: User, *, seconds_ago: int) -> None:
    """Sign in somebody who has no password here, that long ago."""
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "socialaccount", "at": time.time() - seconds_ago}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()

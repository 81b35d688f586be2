"""A mobile number as the second factor: added by a code, asked for at sign-in, in pages and in the API."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from apps.users.models import User
from apps.users.services.second_factor import prove_phone
from apps.users.tests.test_at_once import at_once
from integrations.authentication.tests.authenticator_app import (
    APP,
    begin_sign_in,
    code_at,
    give_code,
    prove_email,
    set_up_app,
)
from integrations.sms.tests.twilio_stand_in import StandIn, twilio
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db
PHONE = "+46701234567"
PHONE_API = f"{APP}/account/phone"


@pytest.fixture(autouse=True)
def texts(settings: Any) -> Iterator[StandIn]:
    with twilio() as server:
        for name, value in server.settings.items():
            setattr(settings, name, value)
        yield server


@pytest.fixture
def guarded(shopper: User) -> User:
    """Return somebody whose only second factor is a phone."""
    prove_email(shopper)
    return prove_phone(user=shopper, phone=PHONE, now=datetime.now(tz=UTC))


def confirm(api: APIClient, token: str, code: str) -> Any:
    return api.post(f"{APP}/auth/code/confirm", {"code": code}, headers={"X-Session-Token": token})


def session_of(api: APIClient, user: User, *, reauthenticated: bool = True) -> dict[str, str]:
    prove_email(user)
    answer = api.post(f"{APP}/auth/login", {"email": user.email, "password": PASSWORD})
    token = {"X-Session-Token": answer.json()["meta"]["session_token"]}
    if reauthenticated:
        assert api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=token).status_code == 200
    return token


# --- at sign-in, by the API -----------------------------------------------------------------------------------------
def test_the_api_asks_for_the_code_that_the_phone_got(api: APIClient, guarded: User, texts: StandIn) -> None:
    token = begin_sign_in(api, guarded.email, PASSWORD)
    assert (texts.sent[0]["To"], len(texts.sent)) == (PHONE, 1)
    assert texts.sent[0]["Body"].endswith("is your code for Saluhall. Tell nobody.")
    assert api.get("/api/v1/users/me/", headers={"X-Session-Token": token}).status_code == 401

    answer = confirm(api, token, texts.last_code())

    assert answer.status_code == 200
    assert [record["method"] for record in answer.json()["data"]["methods"]] == ["password", "code"]
    token = answer.json()["meta"].get("session_token", token)
    assert api.get("/api/v1/users/me/", headers={"X-Session-Token": token}).status_code == 200


def test_the_third_wrong_code_ends_the_attempt(api: APIClient, guarded: User, texts: StandIn) -> None:
    token = begin_sign_in(api, guarded.email, PASSWORD)

    wrong = [confirm(api, token, "000000" if texts.last_code() != "000000" else "1").status_code for _ in range(3)]

    assert wrong == [400, 400, 400]
    assert confirm(api, token, texts.last_code()).status_code == 409


def test_guesses_are_counted_by_account_whatever_the_session_says(
    guarded: User, api: APIClient, texts: StandIn
) -> None:
    answers = []
    for _ in range(3):
        token = begin_sign_in(api, guarded.email, PASSWORD)
        answers += [confirm(api, token, "x").status_code for _ in range(2)]

    assert answers == [400, 400, 400, 400, 400, 429]
    assert confirm(api, token, texts.last_code()).status_code == 429


def test_a_code_runs_out(api: APIClient, guarded: User, texts: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    token = begin_sign_in(api, guarded.email, PASSWORD)
    later = time.time() + 181
    monkeypatch.setattr(time, "time", lambda: later)

    assert confirm(api, token, texts.last_code()).status_code == 409


def test_five_messages_an_hour_are_sent_and_no_more(api: APIClient, guarded: User, texts: StandIn) -> None:
    answers = [
        api.post(f"{APP}/auth/login", {"email": guarded.email, "password": PASSWORD}).status_code for _ in range(7)
    ]

    assert answers == [401, 401, 401, 401, 401, 429, 429]
    assert len(texts.sent) == 5


def test_trouble_with_the_sender_lets_nobody_in(api: APIClient, guarded: User, texts: StandIn) -> None:
    texts.status = 500

    answer = api.post(f"{APP}/auth/login", {"email": guarded.email, "password": PASSWORD})

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (503, "text_not_sent")
    assert "access_token" not in str(answer.json())


def test_a_phone_still_guards_when_the_sender_is_taken_away(api: APIClient, guarded: User, settings: Any) -> None:
    settings.TWILIO_ACCOUNT_SID = ""

    answer = api.post(f"{APP}/auth/login", {"email": guarded.email, "password": PASSWORD})

    assert answer.status_code == 503


def test_who_has_an_app_is_asked_for_its_code_and_gets_no_message(
    api: APIClient, guarded: User, texts: StandIn, noon: datetime
) -> None:
    set_up_app(guarded)

    token = begin_sign_in(api, guarded.email, PASSWORD)

    assert give_code(api, token, code_at(noon)).status_code == 200
    assert texts.sent == []


@pytest.mark.django_db(transaction=True)
def test_one_code_given_twice_at_the_same_moment_opens_once(guarded: User, texts: StandIn) -> None:
    api = APIClient()
    token = begin_sign_in(api, guarded.email, PASSWORD)
    code = texts.last_code()

    works: list[Callable[[], int]] = [lambda: confirm(APIClient(), token, code).status_code for _ in range(4)]

    opened, *refused = sorted(at_once(works))

    assert opened == 200
    assert set(refused) <= {409, 410}  # who comes when the first is through finds that session gone


# --- at sign-in, by the pages -----------------------------------------------------------------------------------------
def test_the_page_asks_for_the_code(client: Client, guarded: User, texts: StandIn) -> None:
    answer = client.post("/accounts/login/", {"login": guarded.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/accounts/login/code/confirm/"
    assert client.get("/dashboard/").status_code == 302

    answer = client.post("/accounts/login/code/confirm/", {"code": texts.last_code()})

    assert answer.headers["Location"] == "/dashboard/"
    assert client.get("/dashboard/").status_code == 200


def test_the_page_says_when_no_message_could_be_sent(client: Client, guarded: User, texts: StandIn) -> None:
    texts.status = 500

    answer = client.post("/accounts/login/", {"login": guarded.email, "password": PASSWORD}, follow=True)

    assert "could not be sent" in answer.content.decode()
    assert client.get("/dashboard/").status_code == 302


# --- adding and removing ----------------------------------------------------------------------------------------------
def test_a_number_is_added_once_its_code_came_back(api: APIClient, shopper: User, texts: StandIn) -> None:
    token = session_of(api, shopper)

    asked = api.post(PHONE_API, {"phone": "+46 70-123 45 67"}, headers=token)
    assert (asked.status_code, texts.sent[0]["To"]) == (202, PHONE)
    assert api.get(PHONE_API, headers=token).json()["data"] == []
    answer = api.post(f"{APP}/auth/phone/verify", {"code": texts.last_code()}, headers=token)

    assert answer.status_code == 200
    assert api.get(PHONE_API, headers=token).json()["data"] == [{"phone": PHONE, "verified": True}]
    assert User.objects.get(id=shopper.id).has_second_factor


def test_a_wrong_code_adds_no_number_and_the_third_ends_it(api: APIClient, shopper: User) -> None:
    token = session_of(api, shopper)
    api.post(PHONE_API, {"phone": PHONE}, headers=token)

    answers = [api.post(f"{APP}/auth/phone/verify", {"code": "x"}, headers=token).status_code for _ in range(4)]

    assert answers == [400, 400, 400, 409]
    assert User.objects.get(id=shopper.id).phone is None


@pytest.mark.parametrize(
    "phone",
    [
        "",
        "0701234567",
        "+0701234567",
        "+46",
        "+4670123456789012",
        "+46\u0667\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667",
        "+46701234567;+1",
        "..",
        "x",
        None,
        5,
    ],
)
def test_what_is_no_number_is_refused(api: APIClient, shopper: User, texts: StandIn, phone: Any) -> None:
    answer = api.post(PHONE_API, {"phone": phone}, headers=session_of(api, shopper))

    assert answer.status_code == 400
    assert texts.sent == []


def test_a_number_comes_and_goes_only_after_the_password_was_given_again(
    api: APIClient, guarded: User, shopper: User, texts: StandIn
) -> None:
    half = begin_sign_in(api, guarded.email, PASSWORD)
    answer = confirm(api, half, texts.last_code())
    token = {"X-Session-Token": answer.json()["meta"].get("session_token", half)}

    added = api.post(PHONE_API, {"phone": "+46700000000"}, headers=token)
    removed = api.delete(PHONE_API, headers=token)

    for answer in (added, removed):
        assert (answer.status_code, answer.json()["data"]["flows"]) == (401, [{"id": "reauthenticate"}])
    assert len(texts.sent) == 1
    assert User.objects.get(id=guarded.id).phone == PHONE


def test_a_number_is_removed(api: APIClient, shopper: User, texts: StandIn) -> None:
    token = session_of(api, shopper)
    api.post(PHONE_API, {"phone": PHONE}, headers=token)
    api.post(f"{APP}/auth/phone/verify", {"code": texts.last_code()}, headers=token)

    assert api.delete(PHONE_API, headers=token).status_code == 200

    user = User.objects.get(id=shopper.id)
    assert (user.phone, user.phone_verified_at) == (None, None)


def test_a_stranger_reads_changes_and_removes_nothing(api: APIClient) -> None:
    assert api.get(PHONE_API).status_code == 401
    assert api.post(PHONE_API, {"phone": PHONE}).status_code in {401, 409}
    assert api.delete(PHONE_API).status_code == 401
    assert api.put(PHONE_API, {"phone": PHONE}).status_code == 401
    assert api.patch(PHONE_API, {"phone": PHONE}).status_code == 401
    assert api.options(PHONE_API).status_code == 401


def test_without_a_sender_no_number_is_taken(api: APIClient, client: Client, shopper: User, settings: Any) -> None:
    settings.TWILIO_ACCOUNT_SID = ""

    answer = api.post(PHONE_API, {"phone": PHONE}, headers=session_of(api, shopper))
    client.force_login(shopper)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (503, "text_not_sent")
    assert "/accounts/2fa/phone/" not in client.get("/accounts/2fa/").content.decode()


def test_the_pages_add_and_remove_a_number(client: Client, shopper: User, texts: StandIn) -> None:
    prove_email(shopper)
    client.force_login(shopper)
    answer = client.get("/accounts/2fa/phone/")
    assert answer.headers["Location"] == "/accounts/reauthenticate/?next=%2Faccounts%2F2fa%2Fphone%2F"
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})

    assert client.post("/accounts/2fa/phone/", {"phone": "nonsense"}).status_code == 422
    assert client.post("/accounts/2fa/phone/", {"phone": PHONE}).headers["Location"].endswith("/phone/confirm/")
    assert client.post("/accounts/2fa/phone/confirm/", {"code": "x"}).status_code == 422
    assert client.post("/accounts/2fa/phone/confirm/", {"code": texts.last_code()}).status_code == 302
    assert PHONE in client.get("/accounts/2fa/").content.decode()
    assert client.get("/accounts/2fa/phone/remove/").status_code == 200
    assert client.post("/accounts/2fa/phone/remove/").status_code == 302

    assert User.objects.get(id=shopper.id).phone is None


def test_the_sixth_message_of_an_hour_is_refused_while_numbers_are_tried(
    api: APIClient, shopper: User, texts: StandIn
) -> None:
    token = session_of(api, shopper)

    answers = [api.post(PHONE_API, {"phone": f"+4670000000{number}"}, headers=token).status_code for number in range(7)]

    assert answers == [202, 202, 202, 202, 202, 429, 429]
    assert len({message["To"] for message in texts.sent}) == 5
    cache.clear()


# --- what the shop pays for -------------------------------------------------------------------------------------------
def add_number(api: APIClient, token: dict[str, str], phone: str, address: str = "198.51.100.1") -> Any:
    return api.post(PHONE_API, {"phone": phone}, headers=token, REMOTE_ADDR=address)


@pytest.mark.parametrize(
    ("limit", "numbers"),
    [("text_to_new_number", [PHONE, PHONE, PHONE]), ("texts_to_new_numbers", [PHONE, f"{PHONE}1", f"{PHONE}2"])],
)
def test_messages_to_new_numbers_are_few_a_day_whoever_asks(
    api: APIClient, make_user: Callable[..., User], texts: StandIn, settings: Any, limit: str, numbers: list[str]
) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {limit: "2/d/key"}
    tokens = [session_of(api, make_user(f"p{number}@example.com")) for number in range(3)]

    answers = [add_number(api, token, phone) for token, phone in zip(tokens, numbers, strict=True)]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert answers[-1].json()["errors"][0]["code"] == "texts_used_up"
    assert len(texts.sent) == 2


def test_who_signs_in_gets_a_code_whatever_others_used_up(
    api: APIClient, guarded: User, other_shopper: User, texts: StandIn, settings: Any
) -> None:
    none = {"text_to_new_number": "1/d/key", "texts_to_new_numbers": "1/d/key"}
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | none
    token = session_of(api, other_shopper)
    assert [add_number(api, token, PHONE).status_code for _ in range(2)] == [202, 429]

    begin_sign_in(api, guarded.email, PASSWORD)

    assert len(texts.sent) == 2


def test_messages_at_sign_in_have_a_bound_for_the_shop_too(
    api: APIClient, guarded: User, texts: StandIn, settings: Any
) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"texts_to_known_numbers": "1/d/key"}
    begin_sign_in(api, guarded.email, PASSWORD)

    answer = api.post(f"{APP}/auth/login", {"email": guarded.email, "password": PASSWORD})

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (429, "texts_used_up")
    assert len(texts.sent) == 1

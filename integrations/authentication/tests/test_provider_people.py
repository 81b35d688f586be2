"""The person before the question: signed in, lately enough, asked by a page that nobody else can press for him."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.account.models import EmailAddress
from django.test import Client as Browser

from integrations.authentication.reauthentication import AHEAD_SECONDS
from integrations.authentication.tests.programs import AUTHORIZE, BACK, SIGNED, Program, answered, connect
from kernel import clock
from tests.fixtures import PASSWORD, sign_in_afresh

pytestmark = pytest.mark.django_db
LOGOUT = "/identity/o/logout"
GONE = "https://app.example.com/goodbye"


@pytest.fixture
def program(client: Browser, shopper: Any) -> Program:
    EmailAddress.objects.create(user=shopper, email=shopper.email, primary=True, verified=True)
    return connect(client, logout_uris=(GONE,))


def sign_in(browser: Browser, then: str = "/") -> Any:
    return browser.post(f"/accounts/login/?next={then}", {"login": "shopper@example.com", "password": PASSWORD})


def test_a_stranger_signs_in_and_comes_back_to_the_same_question(program: Program) -> None:
    sent = program.ask(state="kept", nonce="kept")

    address = urlsplit(sent["Location"])
    back = parse_qs(address.query)["next"][0]
    sign_in(program.browser)
    page = program.browser.get(back)

    assert address.path == "/accounts/login/"
    assert answered(program.answer(page))["state"] == "kept"


def test_what_is_wrong_is_said_before_anybody_signs_in(program: Program) -> None:
    refused = program.ask(scope="openid settings:write")

    assert refused["Location"].startswith(BACK)
    assert answered(refused)["error"] == "invalid_scope"


def test_an_id_token_says_when_the_person_signed_in_and_a_refresh_says_the_same(program: Program) -> None:
    sign_in(program.browser)
    before = clock.now().timestamp()
    given = program.tokens()
    later = program.refresh(given["refresh_token"]).json()

    first, second = (jwt.decode(one["id_token"], options={"verify_signature": False}) for one in (given, later))

    assert before - 30 < first["auth_time"] <= clock.now().timestamp()
    assert second["auth_time"] == first["auth_time"]


@pytest.mark.parametrize("max_age", ["0", "60"])
def test_who_signed_in_too_long_ago_proves_it_again(
    program: Program, max_age: str, stop_clock: Callable[[Any], None]
) -> None:
    sign_in(program.browser)
    young = program.ask(max_age=max_age)
    stop_clock(clock.now() + timedelta(minutes=2))

    old = program.ask(max_age=max_age)

    assert young.status_code == 200
    assert urlsplit(old["Location"]).path == "/accounts/reauthenticate/"
    assert f"max_age={max_age}" in parse_qs(urlsplit(old["Location"]).query)["next"][0]
    assert program.ask(max_age="600").status_code == 200


@pytest.mark.parametrize("prompt", [None, "none"])
def test_a_sign_in_that_lies_ahead_is_too_long_ago(
    program: Program, prompt: str | None, stop_clock: Callable[[Any], None]
) -> None:
    sign_in(program.browser)
    program.tokens(scope="openid")
    now = clock.now()
    stop_clock(now - timedelta(seconds=AHEAD_SECONDS // 2))
    near = program.ask(scope="openid", prompt=prompt, max_age="600")
    stop_clock(now - timedelta(hours=2))

    ahead = program.ask(scope="openid", prompt=prompt, max_age="600")

    if prompt:
        assert "code" in answered(near)
        assert answered(ahead)["error"] == "login_required"
    else:
        assert near.status_code == 200
        assert urlsplit(ahead["Location"]).path == "/accounts/reauthenticate/"


@pytest.mark.parametrize("max_age", ["-1", "soon", "٣", "9" * 50])
def test_a_senseless_age_does_no_harm(program: Program, max_age: str) -> None:
    sign_in(program.browser)

    assert program.ask(max_age=max_age).status_code == 200


def test_prompt_login_asks_who_is_there(program: Program) -> None:
    sign_in(program.browser)

    asked = program.ask(prompt="login")

    assert urlsplit(asked["Location"]).path == "/accounts/reauthenticate/"
    assert "prompt" not in parse_qs(urlsplit(asked["Location"]).query)["next"][0]


def test_a_hint_about_somebody_else_is_not_answered(program: Program, other_shopper: Any) -> None:
    sign_in(program.browser)
    hint = program.tokens()["id_token"]
    sign_in_afresh(program.browser, other_shopper)

    assert answered(program.ask(id_token_hint=hint))["error"] == "login_required"
    assert answered(program.ask(id_token_hint="made.up.hint"))["error"] == "login_required"


def test_the_question_cannot_be_framed_and_its_form_leads_to_the_program_alone(program: Program) -> None:
    sign_in(program.browser)

    headers = program.ask().headers

    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["form-action"] == "'self' https://app.example.com"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["X-Frame-Options"] == "DENY"
    assert "no-store" in headers["Cache-Control"]


def test_the_answer_needs_the_token_of_the_page(program: Program, shopper: Any) -> None:
    browser = Browser(enforce_csrf_checks=True)
    sign_in_afresh(browser, shopper)
    program.browser = browser
    page = program.ask()
    found = SIGNED.search(page.content.decode())
    assert found

    forged = browser.post(AUTHORIZE, {"request": found[1], "scopes": ["openid"], "action": "grant"})

    assert forged.status_code == 403


def test_a_bent_question_is_refused(program: Program) -> None:
    sign_in(program.browser)

    for request in ("made:up", "{}", "\x00"):
        refused = program.browser.post(AUTHORIZE, {"request": request, "scopes": ["openid"], "action": "grant"})
        assert refused.status_code == 403


def test_an_answer_cannot_hold_more_than_the_question(program: Program) -> None:
    sign_in(program.browser)
    found = SIGNED.search(program.ask(scope="openid").content.decode())
    assert found

    widened = program.browser.post(
        AUTHORIZE, {"request": found[1], "scopes": ["openid", "orders:read"], "action": "grant"}
    )

    assert "Location" not in widened


def test_a_name_with_markup_is_text(client: Browser, shopper: Any) -> None:
    sign_in_afresh(client, shopper)

    page = connect(client, name="<script>alert(1)</script>").ask()

    assert b"<script>alert(1)" not in page.content
    assert b"&lt;script&gt;alert(1)" in page.content


def test_after_signing_out_a_person_is_sent_to_a_registered_address(program: Program) -> None:
    sign_in(program.browser)

    asked = program.browser.get(LOGOUT, {"client_id": program.id, "post_logout_redirect_uri": GONE, "state": "s"})
    left = program.browser.post(
        LOGOUT,
        {"client_id": program.id, "post_logout_redirect_uri": GONE, "state": "s", "action": "logout",
         "csrfmiddlewaretoken": "x"},
    )  # fmt: skip

    assert asked.status_code == 200
    assert "form-action 'self' https://app.example.com" in asked.headers["Content-Security-Policy"]
    assert left["Location"] == GONE + "?state=s"


def test_a_code_that_a_program_kept_back_ends_with_the_session(program: Program) -> None:
    sign_in(program.browser)
    kept, given = program.code(), program.tokens()

    program.browser.post(LOGOUT, {"client_id": program.id, "action": "logout", "csrfmiddlewaretoken": "x"})

    assert program.exchange(kept).status_code == 400
    assert program.refresh(given["refresh_token"]).status_code == 400


@pytest.mark.parametrize(
    "address",
    [
        GONE + "/",
        GONE + "?x=1",
        "https://app.example.com/",
        "https://evil.example/",
        "//evil.example/",
        "javascript:alert(1)",
        "https://app.example.com@evil.example/",
    ],
)
@pytest.mark.parametrize("is_signed_in", [True, False], ids=["signed in", "stranger"])
def test_signing_out_leads_nowhere_else(program: Program, address: str, is_signed_in: bool) -> None:
    if is_signed_in:
        sign_in(program.browser)

    refused = [
        program.browser.get(LOGOUT, {"client_id": program.id, "post_logout_redirect_uri": address}),
        program.browser.get(LOGOUT, {"post_logout_redirect_uri": address}),
    ]

    assert [answer.status_code for answer in refused] == [400, 400]


@pytest.mark.parametrize("address", ["/identity/o/device", "/identity/o/api/device/code", "/identity/o/api/clients"])
def test_doors_that_are_not_offered_are_closed(client: Browser, shopper: Any, address: str) -> None:
    sign_in_afresh(client, shopper)

    assert client.get(address).status_code == 404
    assert client.post(address, {"code": "123456", "action": "confirm"}).status_code == 404


def test_who_lends_more_than_his_name_proves_to_be_himself_first(program: Program) -> None:
    sign_in(program.browser)
    page = program.ask(scope="openid orders:read")
    _let_time_pass(program.browser, minutes=6)

    asked_again = program.ask(scope="openid orders:read")
    pressed = program.answer(page)
    only_the_name = program.answer(program.ask(scope="openid email"))

    for answer in (asked_again, pressed):
        assert answer["Location"].startswith("/accounts/reauthenticate/?next=%2Fidentity%2Fo%2Fauthorize")
    assert "code" in answered(only_the_name)


def test_what_was_allowed_is_not_lost_while_one_proves_to_be_himself(program: Program) -> None:
    sign_in(program.browser)
    page = program.ask(scope="openid orders:read")
    _let_time_pass(program.browser, minutes=6)

    led = program.answer(page)["Location"]
    answer = program.browser.post(led, {"password": PASSWORD})

    assert program.exchange(answered(answer)["code"]).json()["scope"] == "openid orders:read"


def _let_time_pass(browser: Browser, *, minutes: int) -> None:
    session = browser.session
    for record in session["account_authentication_methods"]:
        record["at"] -= minutes * 60
    session.save()

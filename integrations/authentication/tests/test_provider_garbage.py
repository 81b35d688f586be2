"""Addresses and questions that nobody's program would send: refused, and never a fault."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Token
from django.test import Client as Browser

from apps.users.services.clients import disconnect_program
from integrations.authentication.tests.programs import (
    ADMIN,
    AUTHORIZE,
    BACK,
    INTROSPECT,
    REVOKE,
    SIGNED,
    TOKEN,
    USERINFO,
    Program,
    answered,
    connect,
    connect_machine,
)
from kernel import clock
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db
LOGOUT = "/identity/o/logout"
BAD_QUERIES = ("%zz", "%", "a=%f", "resource=http://[", "resource=http://[::1", "scope=%ED%A0%80", "a=%00")


@pytest.fixture
def program(client: Browser, shopper: Any) -> Program:
    client.force_login(shopper)
    client.raise_request_exception = False
    return connect(client)


@pytest.mark.parametrize("query", BAD_QUERIES)
def test_an_address_that_cannot_be_read_is_refused(program: Program, query: str) -> None:
    reading, writing = (AUTHORIZE, USERINFO, LOGOUT), (AUTHORIZE, TOKEN, REVOKE, INTROSPECT, USERINFO, LOGOUT)

    statuses = {("GET", path): program.browser.get(f"{path}?{query}").status_code for path in reading} | {
        ("POST", path): program.browser.post(f"{path}?{query}").status_code for path in writing
    }

    assert {asked: status for asked, status in statuses.items() if status >= 500} == {}


@pytest.mark.parametrize("resource", ["http://[", "http://[::1", "nothing", "https://elsewhere.example.com"])
def test_a_question_for_another_audience_leads_nowhere(program: Program, resource: str) -> None:
    stranger = Program(id=program.id, secret="", browser=Browser(raise_request_exception=False))

    assert program.ask(resource=resource).status_code == 400
    assert stranger.ask(resource=resource).status_code in {302, 400}


@pytest.mark.parametrize("claims", ["{", "[]", "1", '{"id_token": {"sub": {"value": "somebody"}}}', "[" * 5000])
def test_claims_are_not_offered_and_passed_over(program: Program, claims: str) -> None:
    code = program.code(claims=claims)

    assert program.exchange(code).status_code == 200


def test_a_bad_answer_about_a_program_that_is_gone_meanwhile_finds_nothing(program: Program) -> None:
    found = SIGNED.search(program.ask().content.decode())
    assert found
    disconnect_program(client_id=program.id, actor=ADMIN, now=clock.now())

    answer = program.browser.post(AUTHORIZE, {"request": found[1], "scopes": ["none"], "action": "grant"})

    assert answer.status_code == 404


def test_without_a_question_nobody_is_sent_to_prove_himself(
    program: Program, shopper: Any, stop_clock: Callable[[Any], None]
) -> None:
    EmailAddress.objects.create(user=shopper, email=shopper.email, primary=True, verified=True)
    program.browser = Browser()
    program.browser.post("/accounts/login/", {"login": shopper.email, "password": PASSWORD})
    program.tokens(scope="openid")
    young = program.ask(scope="openid", prompt="none", max_age="600")
    stop_clock(clock.now() + timedelta(minutes=11))

    old = program.ask(scope="openid", prompt="none", max_age="600")

    assert "code" in answered(young)
    assert old["Location"].startswith(BACK)
    assert answered(old)["error"] == "login_required"


@pytest.mark.parametrize("back", ["com.example.app:/callback", "http://127.0.0.1:9999/callback", BACK])
def test_an_app_that_any_other_could_pose_as_gets_nothing_without_a_question(
    client: Browser, shopper: Any, back: str
) -> None:
    client.force_login(shopper)
    app = connect(client, is_confidential=False, redirect_uris=(back,))
    assert app.exchange(app.code(redirect_uri=back), redirect_uri=back).status_code == 200

    asked = answered(app.ask(prompt="none", redirect_uri=back))

    assert ("code" in asked) == (back == BACK)
    assert asked.get("error") in {None, "consent_required"}


@pytest.mark.parametrize("form", [{}, {"action": "logout"}, {"action": "stay"}])
def test_a_forged_sign_out_signs_nobody_out_and_takes_nothing_from_programs(
    program: Program, shopper: Any, form: dict[str, str]
) -> None:
    given = program.tokens()
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(shopper)
    forged = form | {"client_id": program.id, "id_token_hint": given["id_token"]}

    answers = [
        browser.post(LOGOUT, forged),
        browser.post(LOGOUT, forged | {"csrfmiddlewaretoken": "a" * 64}),
        browser.get(f"{LOGOUT}?{urlencode(forged)}"),
    ]

    assert {answer.status_code for answer in answers} <= {200, 403}
    assert browser.get("/dashboard/").status_code == 200
    assert program.refresh(given["refresh_token"]).status_code == 200


def test_a_forged_answer_to_the_question_gives_no_code(program: Program, shopper: Any) -> None:
    found = SIGNED.search(program.ask().content.decode())
    assert found
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(shopper)
    forged = {"request": found[1], "scopes": ["openid"], "action": "grant"}

    answers = [
        browser.post(AUTHORIZE, forged),
        browser.post(
            AUTHORIZE, forged | {"scopes": ["openid", "orders:read"]}
        ),  # it would wait for the password, and count
        browser.post(AUTHORIZE, forged | {"csrfmiddlewaretoken": "a" * 64}),
        browser.post(AUTHORIZE, {**forged, "action": "deny"}),
    ]
    bare = browser.post(AUTHORIZE, {"scopes": ["openid"], "action": "grant", "client_id": program.id})

    assert [answer.status_code for answer in answers] == [403] * 4
    assert "account_reauthentication_state" not in browser.session
    assert urlsplit(bare["Location"]).path == AUTHORIZE
    assert "code=" not in bare["Location"]


def test_an_answer_says_in_its_address_nothing_about_the_question(client: Browser, program: Program) -> None:
    signed = SIGNED.search(program.ask().content.decode())
    assert signed
    answer = {"request": signed[1], "scopes": ["openid"], "action": "grant"}

    for browser in (client, Browser()):
        for query in ("prompt=none", "prompt=login", "max_age=0", "request=x", "scope=orders%3Aread"):
            assert browser.post(f"{AUTHORIZE}?{query}", answer).status_code == 400


def test_a_program_does_not_say_who_it_acts_for() -> None:
    machine = connect_machine()

    given = machine.post(grant_type="client_credentials", user="x")

    assert given.status_code == 200
    assert Token.objects.get().user is None


@pytest.mark.parametrize("method", ["head", "put", "patch", "delete", "options"])
def test_a_question_is_asked_by_get_or_post(client: Browser, program: Program, method: str) -> None:
    asked = {"client_id": program.id, "prompt": "none", "scope": "orders:read", "response_type": "code"}

    assert getattr(client, method)(f"{AUTHORIZE}?{urlencode(asked)}").status_code == 405

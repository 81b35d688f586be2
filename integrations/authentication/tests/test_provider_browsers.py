"""A program that runs in a browser, on an origin of its own."""

from typing import Any

import pytest
from django.test import Client as Browser

from integrations.authentication.tests.programs import BACK, TOKEN, USERINFO, VERIFIER, Program, connect

pytestmark = pytest.mark.django_db
ORIGIN = "https://app.example.com"
ALLOW = "Access-Control-Allow-Origin"


@pytest.fixture
def program(client: Browser, shopper: Any) -> Program:
    client.force_login(shopper)
    return connect(client, is_confidential=False)


def exchange(program: Program, origin: str) -> Any:
    form = {"grant_type": "authorization_code", "code": program.code(), "redirect_uri": BACK}
    body = form | {"code_verifier": VERIFIER, "client_id": program.id}
    return Browser().post(TOKEN, body, headers={"Origin": origin})


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/.well-known/jwks.json"])
def test_what_the_server_is_and_its_keys_are_for_every_origin(path: str) -> None:
    answer = Browser().get(path, headers={"Origin": "https://anywhere.example"})

    assert answer[ALLOW] == "*"
    assert "Access-Control-Allow-Credentials" not in answer


def test_tokens_are_given_to_the_origin_of_the_program(program: Program) -> None:
    answer = exchange(program, ORIGIN)

    assert (answer.status_code, answer[ALLOW]) == (200, ORIGIN)
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://app.example.com", "null", f"{ORIGIN}.evil.example"])
def test_another_origin_reads_no_tokens(program: Program, origin: str) -> None:
    assert ALLOW not in exchange(program, origin)


@pytest.mark.parametrize("path", [USERINFO, "/api/v1/orders/", "/_allauth/browser/v1/auth/session"])
def test_people_and_the_api_answer_no_other_origin(program: Program, path: str) -> None:
    token = program.tokens()["access_token"]

    asked = Browser().options(path, headers={"Origin": ORIGIN, "Access-Control-Request-Method": "GET"})
    answer = Browser().get(path, headers={"Origin": ORIGIN, "Authorization": f"Bearer {token}"})

    assert ALLOW not in asked
    assert ALLOW not in answer

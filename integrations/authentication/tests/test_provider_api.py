"""Tokens of programs at our API: as far as their scopes, as long as they are not taken back, and for no other use."""

from typing import Any

import jwt
import pytest
from django.conf import settings
from django.test import Client as Browser
from rest_framework.test import APIClient

from integrations.authentication.tests.programs import REVOKE, Program, connect, connect_machine
from tests.fixtures import sign_in_afresh

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/orders/"
ME = "/api/v1/users/me/"
MOST_STATEMENTS = 3


@pytest.fixture
def program(client: Browser, shopper: Any) -> Program:
    sign_in_afresh(client, shopper)
    return connect(client, scopes=("openid", "profile", "email", "orders:read", "orders:write", "account:read"))


def call(token: str, address: str = ORDERS, method: str = "get") -> Any:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return getattr(client, method)(address, {} if method == "post" else None)


def test_a_token_reads_what_its_scope_names_and_no_more(program: Program) -> None:
    token = program.tokens(scope="openid orders:read")["access_token"]

    read, written, elsewhere = call(token), call(token, method="post"), call(token, ME)

    assert read.status_code == 200
    assert (written.status_code, written.json()["code"]) == (403, "insufficient_scope")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "insufficient_scope")


def test_a_token_for_identity_alone_opens_nothing_of_the_api(program: Program) -> None:
    token = program.tokens(scope="openid profile email")["access_token"]

    assert [call(token, address).status_code for address in (ORDERS, ME)] == [403, 403]


def test_a_revoked_token_opens_nothing_at_once(program: Program) -> None:
    token = program.tokens(scope="orders:read")["access_token"]
    before = call(token).status_code

    program.post(REVOKE, token=token)

    assert (before, call(token).status_code) == (200, 401)


@pytest.mark.parametrize("kind", ["id_token", "refresh_token"])
def test_other_tokens_are_no_access_tokens(program: Program, kind: str) -> None:
    assert call(program.tokens()[kind]).status_code == 401


def test_a_token_with_claims_of_our_own_but_no_row_is_refused(program: Program) -> None:
    claims = jwt.decode(program.tokens()["access_token"], options={"verify_signature": False})
    from integrations.authentication.signing import signed

    forged = signed({**claims, "scope": "*", "jti": "another"})

    assert call(forged, ME).status_code == 401


def test_a_machine_reads_every_order_but_is_nobody(program: Program) -> None:
    token = connect_machine(scopes=("orders:read", "account:read")).post(grant_type="client_credentials").json()

    assert call(token["access_token"]).status_code == 200
    assert call(token["access_token"], ORDERS, "post").status_code == 403
    assert call(token["access_token"], ME).status_code == 403


def test_a_token_costs_three_statements_before_the_work(program: Program, statements: Any) -> None:
    token = program.tokens(scope="account:read")["access_token"]
    call(token, ME)

    with statements() as ran:
        answer = call(token, ME)

    assert answer.status_code == 200
    assert len(ran) <= MOST_STATEMENTS, ran


def test_no_program_connects_programs(super_user: Any, client: Browser) -> None:
    sign_in_afresh(client, super_user)
    token = connect(client, scopes=("settings:read", "settings:write")).tokens(scope="settings:read settings:write")

    read = call(token["access_token"], "/api/v1/oauth-clients/")
    made = call(token["access_token"], "/api/v1/oauth-clients/", "post")

    assert read.status_code == 200
    assert (made.status_code, made.json()["code"]) == (403, "insufficient_scope")


def test_pages_take_no_token(program: Program) -> None:
    token = program.tokens(scope="account:read")["access_token"]

    answer = Browser().get("/accounts/profile/", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 302
    assert answer["Location"].startswith(settings.LOGIN_URL)

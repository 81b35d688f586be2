"""What a program loses at once: with the account that it acts for, with a scope, with an address."""

from dataclasses import replace
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Client, Token
from django.test import Client as Browser

from apps.users.services.accounts import change_user_by_staff
from apps.users.services.clients import change_program, described
from apps.users.services.erasure import erase_account
from integrations.authentication.tests.programs import (
    ADMIN,
    BACK,
    INTROSPECT,
    USERINFO,
    Program,
    connect,
)
from kernel import clock

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/orders/"


@pytest.fixture
def program(client: Browser, shopper: Any) -> Program:
    EmailAddress.objects.create(user=shopper, email=shopper.email, primary=True, verified=True)
    client.force_login(shopper)
    return connect(client)


def switch(user: Any, *, is_active: bool) -> None:
    change_user_by_staff(user_id=user.id, is_active=is_active, actor=ADMIN, now=clock.now())


def change(program: Program, **changes: Any) -> None:
    before = described(Client.objects.get(id=program.id))
    change_program(client_id=program.id, wanted=replace(before, **changes), actor=ADMIN, now=clock.now())


def status(token: str, address: str) -> int:
    return Browser().get(address, headers={"Authorization": f"Bearer {token}"}).status_code


def userinfo(token: str) -> dict[str, Any]:
    answer = Browser().get(USERINFO, headers={"Authorization": f"Bearer {token}"})
    return dict(answer.json())


def test_an_account_that_was_switched_off_gives_programs_nothing_even_when_it_is_on_again(
    program: Program, shopper: Any, other_shopper: Any
) -> None:
    given = program.tokens(scope="openid orders:read")
    program.browser.force_login(other_shopper)
    others = program.tokens(scope="openid orders:read")

    switch(shopper, is_active=False)
    while_off = [status(given["access_token"], address) for address in (USERINFO, ORDERS)]
    switch(shopper, is_active=True)

    assert while_off == [401, 401]
    assert [status(given["access_token"], address) for address in (USERINFO, ORDERS)] == [401, 401]
    assert program.refresh(given["refresh_token"]).status_code == 400
    assert program.post(INTROSPECT, token=given["access_token"]).json() == {"active": False}
    assert status(others["access_token"], ORDERS) == 200


def test_switching_on_who_is_on_ends_nothing(program: Program, shopper: Any) -> None:
    token = program.tokens(scope="openid orders:read")["access_token"]

    switch(shopper, is_active=True)

    assert status(token, ORDERS) == 200


def test_an_account_that_was_erased_leaves_programs_nothing(program: Program, shopper: Any) -> None:
    given, code = program.tokens(), program.code()

    erase_account(user_id=shopper.id, actor=ADMIN, now=clock.now())

    assert status(given["access_token"], USERINFO) == 401
    assert program.refresh(given["refresh_token"]).status_code == 400
    assert program.exchange(code).status_code == 400
    assert not Token.objects.filter(user_id=shopper.id).exists()


def test_a_program_that_lost_a_scope_learns_no_more_by_its_old_tokens(program: Program, shopper: Any) -> None:
    given, code = program.tokens(), program.code()

    change(program, scopes=("openid", "orders:read"))

    assert userinfo(given["access_token"]) == {"sub": str(shopper.id)}
    assert program.post(INTROSPECT, token=given["access_token"]).json()["scope"] == "openid"
    assert program.refresh(given["refresh_token"]).json()["scope"] == "openid"
    assert program.exchange(code).json()["scope"] == "openid"


def test_a_program_that_may_not_ask_who_somebody_is_any_more_hears_nothing(program: Program) -> None:
    token = program.tokens()["access_token"]

    change(program, scopes=("orders:read",))

    assert status(token, USERINFO) == 401


def test_a_code_sent_to_an_address_that_was_taken_away_is_worth_nothing(program: Program) -> None:
    code = program.code()

    change(program, redirect_uris=("https://other.example.com/",))

    assert BACK not in Client.objects.get(id=program.id).get_redirect_uris()
    assert program.exchange(code).status_code == 400

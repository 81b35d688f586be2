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
from apps.users.services.grants import ENDED, withdraw
from integrations.authentication.tests.programs import (
    ADMIN,
    BACK,
    INTROSPECT,
    USERINFO,
    Program,
    answered,
    connect,
)
from kernel import clock
from kernel.actors import Actor, Role
from kernel.errors import NotFoundError
from tests.fixtures import sign_in_afresh

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/orders/"


@pytest.fixture
def program(client: Browser, shopper: Any) -> Program:
    EmailAddress.objects.create(user=shopper, email=shopper.email, primary=True, verified=True)
    sign_in_afresh(client, shopper)
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
    sign_in_afresh(program.browser, other_shopper)
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


def test_a_scope_that_a_program_gets_again_is_asked_for_again(program: Program, shopper: Any) -> None:
    given = program.tokens(scope="openid email orders:read")

    change(program, scopes=("openid", "email", "profile"))
    change(program, scopes=("openid", "email", "profile", "orders:read"))

    assert status(given["access_token"], ORDERS) == 403
    assert userinfo(given["access_token"])["email"] == shopper.email
    assert program.post(INTROSPECT, token=given["access_token"]).json()["scope"] == "openid email"
    assert answered(program.ask(prompt="none", scope="openid orders:read")).get("error") == "consent_required"
    assert "code" in answered(program.ask(prompt="none", scope="openid email"))
    assert program.refresh(given["refresh_token"]).json()["scope"] == "openid email"


def test_a_token_whose_only_scope_was_taken_away_has_ended(program: Program) -> None:
    given = program.tokens(scope="orders:read")

    change(program, scopes=("openid",))
    change(program, scopes=("openid", "orders:read"))

    assert status(given["access_token"], ORDERS) == 401
    assert program.refresh(given["refresh_token"]).status_code == 400


def test_a_program_that_may_not_ask_who_somebody_is_any_more_hears_nothing(program: Program) -> None:
    token = program.tokens()["access_token"]

    change(program, scopes=("orders:read",))

    assert status(token, USERINFO) == 401


def test_a_code_that_was_kept_while_all_was_taken_back_is_worth_nothing(program: Program, shopper: Any) -> None:
    program.tokens()
    code = program.code()

    withdraw(client_id=program.id, actor=Actor(id=shopper.id, role=Role.REGULAR))

    assert program.exchange(code).status_code == 400
    assert not Token.objects.filter(user_id=shopper.id).exclude(type=ENDED).exists()
    assert program.exchange(program.code()).status_code == 200


def test_a_code_that_was_kept_while_the_account_was_off_is_worth_nothing(program: Program, shopper: Any) -> None:
    code = program.code()

    switch(shopper, is_active=False)
    switch(shopper, is_active=True)

    assert program.exchange(code).status_code == 400


def test_what_was_taken_back_cannot_be_taken_back_again(program: Program, shopper: Any) -> None:
    program.tokens()
    actor = Actor(id=shopper.id, role=Role.REGULAR)
    withdraw(client_id=program.id, actor=actor)

    with pytest.raises(NotFoundError):
        withdraw(client_id=program.id, actor=actor)


def test_a_code_sent_to_an_address_that_was_taken_away_is_worth_nothing(program: Program) -> None:
    code = program.code()

    change(program, redirect_uris=("https://other.example.com/",))

    assert BACK not in Client.objects.get(id=program.id).get_redirect_uris()
    assert program.exchange(code).status_code == 400


def test_what_was_given_at_an_address_ends_when_the_address_is_taken_away(program: Program) -> None:
    elsewhere = "https://other.example.com/"
    change(program, redirect_uris=(BACK, elsewhere))
    given = program.tokens(scope="openid orders:read")
    given = program.refresh(given["refresh_token"]).json()
    code = program.code(scope="openid orders:read", redirect_uri=elsewhere)
    others = program.exchange(code, redirect_uri=elsewhere).json()

    change(program, redirect_uris=(elsewhere,))

    assert status(given["access_token"], ORDERS) == 401
    assert program.refresh(given["refresh_token"]).status_code == 400
    assert status(others["access_token"], ORDERS) == 200
    assert program.refresh(others["refresh_token"]).status_code == 200


def test_an_address_that_was_added_gets_no_code_without_a_question(program: Program) -> None:
    program.tokens(scope="openid orders:read")
    change(program, redirect_uris=(BACK, "https://else.example.com/callback"))

    same = answered(program.ask(prompt="none", scope="openid orders:read"))
    added = answered(
        program.ask(prompt="none", scope="openid orders:read", redirect_uri="https://else.example.com/callback")
    )

    assert "code" in same
    assert (added.get("code"), added.get("error")) == (None, "consent_required")


def test_an_address_that_was_taken_away_and_given_back_gets_no_code_without_a_question(program: Program) -> None:
    program.tokens(scope="openid orders:read")
    code = program.code()
    change(program, redirect_uris=("https://other.example.com/",))
    change(program, redirect_uris=(BACK, "https://other.example.com/"))

    silent = answered(program.ask(prompt="none", scope="openid orders:read"))
    program.tokens(scope="openid orders:read")

    assert (silent.get("code"), silent.get("error")) == (None, "consent_required")
    assert program.exchange(code).status_code == 400
    assert "code" in answered(program.ask(prompt="none", scope="openid orders:read"))


def test_a_change_that_leaves_the_address_alone_asks_nobody_again(program: Program) -> None:
    program.tokens(scope="openid orders:read")

    change(program, name="Another name", redirect_uris=(BACK, "https://other.example.com/"))

    assert "code" in answered(program.ask(prompt="none", scope="openid orders:read"))


def test_a_program_of_before_addresses_were_counted_asks_nobody_again(program: Program) -> None:
    Client.objects.filter(id=program.id).update(data={"version": 1})
    program.tokens(scope="openid orders:read")

    change(program, name="Another name")

    assert "code" in answered(program.ask(prompt="none", scope="openid orders:read"))


def test_a_program_that_may_not_act_for_itself_any_more_holds_no_token_of_its_own() -> None:
    machine = connect(acts_for_itself=True)
    token = machine.post(grant_type="client_credentials", scope="orders:read").json()["access_token"]
    assert status(token, ORDERS) == 200

    change(machine, acts_for_itself=False)

    assert status(token, ORDERS) == 401


def test_a_program_that_may_not_act_for_people_any_more_holds_no_token_of_theirs(program: Program) -> None:
    given = program.tokens(scope="openid orders:read")

    change(program, acts_for_people=False, acts_for_itself=True)

    assert status(given["access_token"], ORDERS) == 401
    assert program.post(INTROSPECT, token=given["access_token"]).json() == {"active": False}


def test_a_program_that_may_not_keep_access_any_more_finds_its_refresh_tokens_ended(program: Program) -> None:
    given = program.tokens(scope="openid orders:read")

    change(program, keeps_access=False)
    change(program, keeps_access=True)

    assert program.refresh(given["refresh_token"]).status_code == 400

"""A program asks for tokens in the very moment in which an admin takes something from it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from allauth.idp.oidc.models import Client, Token
from django.db import connections
from django.test import Client as Browser

from apps.users.services.clients import change_program, described, disconnect_program, rotate_secret
from integrations.authentication.allauth_internals import OAuthLibRequestValidator
from integrations.authentication.tests.programs import ADMIN, Program, connect, connect_machine
from kernel import clock
from tests.fixtures import sign_in_afresh

pytestmark = pytest.mark.django_db(transaction=True)
LIVING = (Token.Type.ACCESS_TOKEN, Token.Type.REFRESH_TOKEN)
WAIT = 1.0
"""In seconds: how long an exchange stands still, so that who takes something away can overtake it."""
Ask = Callable[[], Any]


@pytest.fixture
def program(client: Browser, shopper: Any) -> Program:
    sign_in_afresh(client, shopper)
    return connect(client, scopes=("openid", "orders:read", "account:read"))


@pytest.fixture
def overtaken(monkeypatch: pytest.MonkeyPatch) -> Callable[[Ask, Callable[[], None]], Any]:
    """Return what begins an exchange, lets somebody take something away before it writes, and returns its answer."""
    is_writing, may_write = Event(), Event()
    save = OAuthLibRequestValidator.save_bearer_token

    def late(*args: Any, **kwargs: Any) -> None:
        is_writing.set()
        may_write.wait(WAIT)
        save(*args, **kwargs)

    monkeypatch.setattr(OAuthLibRequestValidator, "save_bearer_token", late)

    def run(ask: Ask, take_away: Callable[[], None]) -> Any:
        def change() -> None:
            is_writing.wait(10)
            try:
                take_away()
            finally:
                may_write.set()
                connections.close_all()

        def exchange() -> Any:
            try:
                return ask()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            changed, answer = pool.submit(change), pool.submit(exchange)
            changed.result(30)
            return answer.result(30)

    return run


def change(program: Program, **changes: Any) -> None:
    before = described(Client.objects.get(id=program.id))
    change_program(client_id=program.id, wanted=replace(before, **changes), actor=ADMIN, now=clock.now())


def held_scopes() -> set[str]:
    living = Token.objects.filter(type__in=LIVING)
    return {scope for token in living for scope in token.get_scopes()}


def test_a_refresh_keeps_no_scope_that_is_taken_away_meanwhile(program: Program, overtaken: Any) -> None:
    token = program.tokens(scope="openid orders:read account:read")["refresh_token"]

    overtaken(lambda: program.refresh(token), lambda: change(program, scopes=("openid", "account:read")))

    assert held_scopes() <= {"openid", "account:read"}


def test_a_code_keeps_no_scope_that_is_taken_away_meanwhile(program: Program, overtaken: Any) -> None:
    code = program.code(scope="openid orders:read account:read")

    overtaken(lambda: program.exchange(code), lambda: change(program, scopes=("openid", "account:read")))

    assert held_scopes() <= {"openid", "account:read"}


def test_a_refresh_leaves_nothing_when_the_kind_is_taken_away_meanwhile(program: Program, overtaken: Any) -> None:
    token = program.tokens(scope="openid orders:read")["refresh_token"]

    overtaken(lambda: program.refresh(token), lambda: change(program, keeps_access=False))

    assert not Token.objects.filter(type=Token.Type.REFRESH_TOKEN).exists()


def test_a_machine_keeps_nothing_of_a_secret_that_is_changed_meanwhile(overtaken: Any) -> None:
    machine = connect_machine()

    overtaken(
        lambda: machine.post(grant_type="client_credentials"),
        lambda: rotate_secret(client_id=machine.id, actor=ADMIN, now=clock.now()),
    )

    assert not Token.objects.filter(type__in=LIVING).exists()


def test_a_program_that_is_disconnected_meanwhile_is_answered_and_keeps_nothing(
    program: Program, overtaken: Any
) -> None:
    token = program.tokens(scope="openid orders:read")["refresh_token"]

    answer = overtaken(
        lambda: program.refresh(token),
        lambda: disconnect_program(client_id=program.id, actor=ADMIN, now=clock.now()),
    )

    assert answer.status_code in {200, 400, 401}
    assert not Token.objects.exists()

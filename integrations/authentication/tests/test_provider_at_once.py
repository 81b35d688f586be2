"""The same code, or the same refresh token, comes many times in the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from allauth.idp.oidc.models import Token
from django.db import connections
from django.test import Client as Browser

from apps.users.services.grants import withdraw
from integrations.authentication.tests.programs import Program, connect
from kernel.actors import Actor, Role
from tests.fixtures import sign_in_afresh

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 6
ROUNDS = 3
LIVING = (Token.Type.ACCESS_TOKEN, Token.Type.REFRESH_TOKEN)


@pytest.fixture
def program(client: Browser, shopper: Any) -> Program:
    sign_in_afresh(client, shopper)
    return connect(client)


def many_times(ask: Callable[[], Any]) -> list[int]:
    """Return the sorted statuses of one request sent many times at once."""
    barrier = Barrier(TIMES)

    def send(_number: int) -> int:
        barrier.wait()
        try:
            return int(ask().status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(TIMES) as pool:
        return sorted(pool.map(send, range(TIMES)))


def test_of_many_exchanges_of_one_code_one_wins_and_keeps_nothing(program: Program) -> None:
    for _ in range(ROUNDS):
        code = program.code()

        statuses = many_times(lambda code=code: program.exchange(code))

        assert statuses == [200, *[400] * (TIMES - 1)]
        assert not Token.objects.filter(type__in=LIVING).exists()


def test_of_many_refreshes_of_one_token_one_wins_and_the_family_ends(program: Program) -> None:
    for _ in range(ROUNDS):
        token = program.tokens()["refresh_token"]

        statuses = many_times(lambda token=token: program.refresh(token))

        assert statuses == [200, *[400] * (TIMES - 1)]
        assert not Token.objects.filter(type__in=LIVING).exists()


def test_a_program_that_refreshes_all_the_while_keeps_nothing_of_what_is_taken_back(
    program: Program, shopper: Any
) -> None:
    for _ in range(ROUNDS):
        families = [program.tokens()["refresh_token"] for _ in range(TIMES)]
        is_over = Event()

        def go_on(token: str, is_over: Event = is_over) -> None:
            try:
                while not is_over.is_set() and (given := program.refresh(token)).status_code == 200:
                    token = given.json()["refresh_token"]
            finally:
                connections.close_all()

        with ThreadPoolExecutor(TIMES) as pool:
            pool.map(go_on, families)
            withdraw(client_id=program.id, actor=Actor(id=shopper.id, role=Role.REGULAR))
            is_over.set()

        assert not Token.objects.filter(type__in=LIVING).exists()

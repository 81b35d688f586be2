"""Many requests show one refresh token in the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connections
from rest_framework.test import APIClient

from apps.users.models import User
from integrations.authentication import refresh
from integrations.authentication.tests.conftest import APP, ME, SignedIn, bearer
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
THIEVES = 6
ROUNDS = 4


def refreshed_at_once(token: str) -> list[dict[str, str]]:
    barrier = Barrier(THIEVES)

    def refresh(_number: int) -> dict[str, str] | None:
        barrier.wait()
        try:
            answer = APIClient().post(f"{APP}/tokens/refresh", {"refresh_token": token})
            return answer.json()["data"] if answer.status_code == 200 else None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THIEVES) as pool:
        return [pair for pair in pool.map(refresh, range(THIEVES)) if pair]


def test_of_many_who_show_one_refresh_token_one_gets_a_pair_and_keeps_nothing(
    api: APIClient, sign_in: Callable[[User], SignedIn], shopper: User
) -> None:
    for _ in range(ROUNDS):
        pairs = refreshed_at_once(sign_in(shopper).refresh)

        assert len(pairs) == 1
        for pair in pairs:
            assert api.get(ME, headers=bearer(pair["access_token"])).status_code == 401
            assert api.post(f"{APP}/tokens/refresh", {"refresh_token": pair["refresh_token"]}).status_code == 400


def test_who_signs_in_while_every_session_is_ended_is_told_so(
    api: APIClient, proven: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = refresh.begin

    def late(*args: Any, **kwargs: Any) -> None:
        Session.objects.all().delete()  # as an erasure or the end of all sessions does at this moment
        begin(*args, **kwargs)

    monkeypatch.setattr(refresh, "begin", late)

    answer = api.post(f"{APP}/auth/login", {"email": proven.email, "password": PASSWORD})

    assert answer.status_code == 410
    assert not answer.json()["meta"]["is_authenticated"]
    assert not {"access_token", "session_token"} & answer.json()["meta"].keys()

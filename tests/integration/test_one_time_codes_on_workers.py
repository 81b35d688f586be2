"""One code of an app at four worker processes at once: the database lets one of them take it."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import requests

from integrations.authentication.tests.authenticator_app import code_at
from tests.databases import OTHERS
from tests.integration.live_shop import PASSWORD, LiveShop, running_shop

REDIS = next(service for service in OTHERS if service.name == "Redis")
WORKERS = 4
AT_ONCE = 5
"""As many as the limit of failures lets through: each refusal below is the database's."""
APP = "/_allauth/app/v1"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    """Run a shop with four worker processes and a cache that they share."""
    if REDIS.problem():
        pytest.skip(REDIS.problem())
    cache = urlsplit(REDIS.url)._replace(path="/7").geturl()
    with running_shop(tmp_path_factory.mktemp("workers"), WEB_CONCURRENCY=str(WORKERS), CACHE_URL=cache) as running:
        yield running


@pytest.fixture
def owner(shop: LiveShop) -> str:
    """Return the seed of the owner's app."""
    session = shop.staff()
    again = session.post(f"{shop.url}{APP}/auth/reauthenticate", json={"password": PASSWORD}, timeout=30)
    assert again.status_code == 200, again.text
    totp = f"{shop.url}{APP}/account/authenticators/totp"
    secret: str = session.get(totp, timeout=30).json()["meta"]["secret"]
    done = session.post(totp, json={"code": code_at(datetime.now(tz=UTC), secret)}, timeout=30)
    assert done.status_code == 200, done.text
    return secret


def half_way(shop: LiveShop) -> str:
    """Give the password, and return the token of a sign-in that waits for the code."""
    body = {"email": "owner@example.com", "password": PASSWORD}
    answer = requests.post(f"{shop.url}{APP}/auth/login", json=body, timeout=30)
    assert answer.status_code == 401, answer.text
    token: str = answer.json()["meta"]["session_token"]
    return token


def test_of_sign_ins_with_one_code_on_four_workers_one_succeeds(shop: LiveShop, owner: str) -> None:
    tokens = [half_way(shop) for _ in range(AT_ONCE)]
    wait_for_a_young_step()
    code = code_at(datetime.now(tz=UTC), owner)

    def give(token: str) -> str:
        answer = requests.post(
            f"{shop.url}{APP}/auth/2fa/authenticate",
            json={"code": code},
            headers={"X-Session-Token": token},
            timeout=30,
        )
        return "signed in" if answer.status_code == 200 else str(answer.json()["errors"][0]["code"])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(give, tokens))

    assert sorted(answers) == ["incorrect_code"] * (AT_ONCE - 1) + ["signed in"]


def wait_for_a_young_step() -> None:
    """Wait for the step after the one that set the app up, and for its first half: real processes have a real clock."""
    time.sleep(30 - time.time() % 30 + 0.5)

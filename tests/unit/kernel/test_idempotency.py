"""A request under a key happens once; its twin gets the same bytes."""

import threading
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from kernel.actors import Role
from kernel.http.principals import Grant, Principal
from kernel.models import IdempotencyRow
from tests.unit.kernel import addresses

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.unit.kernel.addresses")]


@pytest.fixture(autouse=True)
def _no_effects() -> None:
    addresses.effects.clear()


def place(api: Any, name: str, key: str | None = "key-1") -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return api.post("/api/v1/place/", {"name": name}, format="json", headers=headers)


def test_a_repetition_gets_the_same_bytes_and_nothing_happens_again(api: Any) -> None:
    first, second = place(api, "lamp"), place(api, "lamp")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert addresses.effects == ["lamp"]


def test_another_body_under_the_same_key_is_refused(api: Any) -> None:
    place(api, "lamp")

    answer = place(api, "chair")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert addresses.effects == ["lamp"]


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency_key_missing"),
        ("", "idempotency_key_invalid"),
        ("a b", "idempotency_key_invalid"),
        ("x" * 256, "idempotency_key_invalid"),
    ],
)
def test_a_key_that_is_none_is_refused(api: Any, key: str | None, code: str) -> None:
    answer = place(api, "lamp", key)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert addresses.effects == []


def test_keys_that_differ_in_case_are_two_keys_on_every_database(api: Any) -> None:
    answers = [place(api, "lamp", key).json()["id"] for key in ("Key", "key", "key1")]

    assert len(set(answers)) == 3


def test_a_business_refusal_is_repeated_too(api: Any) -> None:
    first, second = place(api, "sold out"), place(api, "sold out")

    assert (first.status_code, first.json()["code"]) == (409, "nothing_to_replay")
    assert second.content == first.content
    assert second.headers["Content-Type"] == "application/problem+json"
    assert addresses.effects == []


def test_a_conflict_of_one_moment_is_not_the_answer_for_ever(api: Any) -> None:
    first, second = place(api, "changing"), place(api, "changing")

    assert (first.status_code, second.status_code) == (409, 201)
    assert addresses.effects == ["changed", "changing"]


def test_accounts_do_not_share_keys(api: Any, shopper: Any) -> None:
    guest = place(api, "lamp").json()["id"]
    api.force_authenticate(shopper)

    own = place(api, "lamp").json()["id"]

    assert own != guest


def test_machines_of_one_name_do_not_share_keys(api: Any) -> None:
    answers = []
    for client_id in ("1f", "2e"):
        grant = Grant(kind="oauth", client="Warehouse", client_id=client_id)
        api.force_authenticate(Principal(role=Role.MACHINE), token=grant)
        answers.append(place(api, "lamp").json()["id"])

    assert len(set(answers)) == 2
    assert addresses.effects == ["lamp", "lamp"]


def test_ten_twins_at_once_happen_once_and_are_answered_alike() -> None:
    bodies: list[tuple[int, bytes]] = []
    start = threading.Barrier(10)

    def send() -> None:
        start.wait()
        try:
            answer = place(APIClient(), "lamp", "twins")
            bodies.append((answer.status_code, answer.content))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(bodies) == 10
    assert len(set(bodies)) == 1
    assert IdempotencyRow.objects.count() == 1

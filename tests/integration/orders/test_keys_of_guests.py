"""Idempotency keys of guests: each cart's token has keys of its own, for many clients count from one."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from .conftest import ADDRESS, Guest

pytestmark = pytest.mark.django_db


def test_two_guests_may_use_the_same_key(new_guest: Any, mug: Any) -> None:
    guests = [new_guest(), new_guest()]
    for guest in guests:
        guest.put("MUG")

    answers = [guest.order(key="1") for guest in guests]

    assert [answer.status_code for answer in answers] == [201, 201], answers[1].content
    assert answers[0].json()["id"] != answers[1].json()["id"]


@pytest.mark.parametrize("headers", [{}, {"X-Cart-Token": "guessed"}])
def test_a_key_and_a_body_do_not_open_another_guests_answer(guest: Any, mug: Any, headers: dict[str, str]) -> None:
    guest.put("MUG")
    guest.order(key="1")
    body = {"cart": guest.cart["id"], "email": "ada@example.com", "shipping_address": ADDRESS}

    answer = APIClient().post("/api/v1/orders/", body, headers={**headers, "Idempotency-Key": "1"})

    assert answer.status_code == 404
    assert "access_token" not in answer.json()


def test_the_same_guest_gets_the_same_answer_by_header_or_by_address(guest: Any, mug: Any) -> None:
    guest.put("MUG")
    first = guest.order(key="1")
    body = {"cart": guest.cart["id"], "email": "ada@example.com", "shipping_address": ADDRESS}

    again = guest.client.post(f"/api/v1/orders/?token={guest.cart['token']}", body, headers={"Idempotency-Key": "1"})

    assert again.content == first.content


def test_a_guest_who_names_an_account_as_his_secret_gets_none_of_its_answers(mug: Any, shopper: Any) -> None:
    client = APIClient()
    client.force_authenticate(shopper)
    buyer = Guest(client).start()
    buyer.put("MUG")
    assert buyer.order(key="1").status_code == 201
    body = {"cart": buyer.cart["id"], "email": "ada@example.com", "shipping_address": ADDRESS}

    answer = APIClient().post(
        "/api/v1/orders/", body, headers={"X-Cart-Token": str(shopper.id), "Idempotency-Key": "1"}
    )

    assert answer.status_code == 404, answer.content
    assert "access_token" not in answer.json()

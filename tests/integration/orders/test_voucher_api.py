"""Vouchers given out through the API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.orders.models.vouchers import Voucher
from apps.orders.tests.factories import VoucherFactory

from .conftest import Guest

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/vouchers/"
WISH = {"code": "spring", "kind": "percent", "percent": "12.5", "limit": 3, "limit_per_person": 1}


def test_staff_gives_out_a_voucher_and_reads_how_often_it_was_used(
    staff_api: APIClient, guest: Guest, mug: Any
) -> None:
    made = staff_api.post(ADDRESS, WISH)
    guest.put("MUG")
    guest.order(voucher="Spring")

    read = staff_api.get(f"{ADDRESS}{made.json()['id']}/", headers={"If-None-Match": made.headers["ETag"]})

    assert made.status_code == 201, made.content
    assert {name: value for name, value in read.json().items() if name not in {"id", "created_at"}} == {
        "code": "SPRING",
        "description": "",
        "kind": "percent",
        "percent": "12.5",
        "amount": None,
        "minimum": None,
        "valid_from": None,
        "valid_until": None,
        "limit": 3,
        "limit_per_person": 1,
        "is_active": True,
        "used": 1,
    }


def test_a_change_keeps_what_it_does_not_say_and_a_replacement_does_not(staff_api: APIClient) -> None:
    address = f"{ADDRESS}{staff_api.post(ADDRESS, WISH).json()['id']}/"

    changed = staff_api.patch(address, {"is_active": False}).json()
    amount = {"amount": "5.00", "currency": "EUR"}
    replaced = staff_api.put(address, {"code": "SPRING", "kind": "amount", "amount": amount}).json()

    assert (changed["percent"], changed["limit"], changed["is_active"]) == ("12.5", 3, False)
    assert (replaced["percent"], replaced["amount"], replaced["limit"], replaced["is_active"]) == (
        None,
        amount,
        None,
        True,
    )


def test_a_change_made_for_an_older_version_is_refused(staff_api: APIClient) -> None:
    made = staff_api.post(ADDRESS, WISH)
    address, headers = f"{ADDRESS}{made.json()['id']}/", {"If-Match": made.headers["ETag"]}

    statuses = [staff_api.patch(address, {"limit": limit}, headers=headers).status_code for limit in (4, 5)]

    assert statuses == [200, 412]


def test_a_voucher_is_removed_until_it_was_redeemed(staff_api: APIClient, guest: Guest, mug: Any) -> None:
    used, unused = (staff_api.post(ADDRESS, {**WISH, "code": code}).json()["id"] for code in ("USED", "UNUSED"))
    guest.put("MUG")
    guest.order(voucher="used")

    answers = [staff_api.delete(f"{ADDRESS}{one}/") for one in (used, unused)]

    assert [answer.status_code for answer in answers] == [409, 204]
    assert answers[0].json()["code"] == "voucher_in_use"
    assert [one.code for one in Voucher.objects.all()] == ["USED"]


def test_a_list_is_searched(staff_api: APIClient) -> None:
    VoucherFactory()
    VoucherFactory(code="FRIENDS", description="Of ten years")
    VoucherFactory(code="OTHER")

    found = staff_api.get(f"{ADDRESS}?search=ten").json()["results"]

    assert sorted(one["code"] for one in found) == ["FRIENDS", "TEN"]


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"code": "two words"}, 400, "code"),
        ({"code": "TEN"}, 409, "code"),
        ({"kind": "gift"}, 400, "kind"),
        ({"percent": None}, 400, "percent"),
        ({"percent": "0"}, 400, "percent"),
        ({"percent": "100.1"}, 400, "percent"),
        ({"kind": "amount"}, 400, "amount"),
        ({"limit": 0}, 400, "limit"),
        ({"valid_from": "2027-01-02T00:00:00Z", "valid_until": "2027-01-02T00:00:00Z"}, 400, "valid_until"),
        ({"used": 1}, 400, "used"),
    ],
)
def test_a_voucher_that_makes_no_sense_is_refused_by_its_field(
    staff_api: APIClient, change: dict[str, Any], status: int, field: str
) -> None:
    VoucherFactory()

    answer = staff_api.post(ADDRESS, {**WISH, **change})

    assert (answer.status_code, list(answer.json()["errors"])) == (status, [field]), answer.content
    assert Voucher.objects.count() == 1


def test_a_limit_is_never_below_what_was_used(staff_api: APIClient) -> None:
    voucher = VoucherFactory(limit=5, used=3)

    statuses = [staff_api.patch(f"{ADDRESS}{voucher.id}/", {"limit": limit}).status_code for limit in (2, 3)]

    assert statuses == [400, 200]


def test_a_new_currency_takes_vouchers_along(staff_api: APIClient) -> None:
    VoucherFactory(kind="amount", amount_minor=490, minimum_minor=2000)

    staff_api.patch("/api/v1/shop/", {"currency": "JPY"})

    [voucher] = staff_api.get(ADDRESS).json()["results"]
    assert voucher["amount"] == {"amount": "5", "currency": "JPY"}
    assert voucher["minimum"] == {"amount": "20", "currency": "JPY"}

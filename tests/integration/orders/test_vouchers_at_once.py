"""Vouchers under fire: the limits hold on every database, whoever comes at the same moment."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from apps.orders.models.orders import Order
from apps.orders.models.vouchers import Voucher, VoucherRedemption
from apps.orders.tests.factories import VoucherFactory
from apps.products.models.stock import Stock
from apps.products.tests.factories import VariantFactory

from .conftest import Guest
from .test_many_at_once import at_once, buyer

pytestmark = pytest.mark.django_db(transaction=True)


def told(answers: list[Any]) -> Counter[str]:
    """Return how often each answer came: placed, or the code of the refusal."""
    return Counter("placed" if one.status_code == 201 else one.json()["code"] for one in answers)


def orders_of(buyers: list[Guest], **values: Callable[[int], str] | str) -> list[Callable[[], Any]]:
    """Return the works in which each buyer orders."""
    return [
        lambda one=one, key=key: one.order(
            key=f"k{key}",
            **{name: value(key) if callable(value) else value for name, value in values.items()},
        )
        for key, one in enumerate(buyers)
    ]


def test_sixteen_buyers_and_a_voucher_for_five_make_five_discounted_orders() -> None:
    VoucherFactory(limit=5)
    VariantFactory(sku="MUG", on_hand=50)
    buyers = [buyer("MUG") for _ in range(16)]

    answers = at_once(orders_of(buyers, voucher="TEN", email=lambda key: f"buyer-{key}@example.com"))

    assert told(answers) == {"placed": 5, "voucher_used_up": 11}
    assert Order.objects.filter(voucher_code="TEN", discount_minor__gt=0).count() == Order.objects.count() == 5
    assert VoucherRedemption.objects.count() == Voucher.objects.get().used == 5
    assert Stock.objects.get(sku="MUG").on_hand == 45


def test_one_person_with_eight_carts_redeems_once() -> None:
    VoucherFactory(limit_per_person=1)
    VariantFactory(sku="MUG", on_hand=50)
    carts = [buyer("MUG") for _ in range(8)]

    answers = at_once(orders_of(carts, voucher="TEN"))

    assert told(answers) == {"placed": 1, "voucher_used_by_you": 7}
    assert (Voucher.objects.get().used, VoucherRedemption.objects.count(), Order.objects.count()) == (1, 1, 1)


def test_one_person_with_six_carts_redeems_as_often_as_the_voucher_says() -> None:
    VoucherFactory(limit_per_person=3)
    VariantFactory(sku="MUG", on_hand=50)
    carts = [buyer("MUG") for _ in range(6)]

    answers = at_once(orders_of(carts, voucher="TEN"))

    assert told(answers) == {"placed": 3, "voucher_used_by_you": 3}
    assert sorted(VoucherRedemption.objects.values_list("slot", flat=True)) == [1, 2, 3]


def test_cancelling_from_four_sides_gives_back_once_while_others_redeem() -> None:
    VoucherFactory(limit=2)
    VariantFactory(sku="MUG", on_hand=50)
    VariantFactory(sku="BOWL", on_hand=50)
    first = buyer("MUG")
    first.put("BOWL")
    placed = first.order(voucher="TEN").json()
    address, headers = f"/api/v1/orders/{placed['id']}/cancel/", {"X-Order-Token": placed["access_token"]}
    others = [buyer("BOWL") for _ in range(6)]
    for other in others:
        other.put("MUG")

    answers = at_once(
        [
            *[lambda: Guest().client.post(address, {}, headers=headers)] * 4,
            *orders_of(others, voucher="TEN", email=lambda key: f"buyer-{key}@example.com"),
        ]
    )

    assert Counter(one.status_code for one in answers[:4]) == {200: 1, 409: 3}
    bought = told(answers[4:])
    assert set(bought) <= {"placed", "voucher_used_up"}
    assert 1 <= bought["placed"] <= 2
    assert Voucher.objects.get().used == VoucherRedemption.objects.count() == bought["placed"]
    assert Order.objects.exclude(status="cancelled").count() == bought["placed"]


def test_a_voucher_that_is_changed_while_it_is_used_counts_as_it_was_shown_or_not_at_all() -> None:
    VoucherFactory()
    VariantFactory(sku="MUG", price_minor=1000, on_hand=50)
    buyers = [buyer("MUG") for _ in range(6)]

    def halve() -> None:
        Voucher.objects.update(rate_ppm=500_000, version=2)

    answers = at_once([*orders_of(buyers, voucher="TEN", email=lambda key: f"b{key}@example.com"), halve])[:-1]

    assert set(told(answers)) <= {"placed", "conflict"}
    discounts = set(Order.objects.values_list("discount_minor", flat=True))
    assert discounts <= {100, 500}
    assert Voucher.objects.get().used == Order.objects.count()

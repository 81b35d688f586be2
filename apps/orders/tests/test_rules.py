"""Refunds, delivery prices, payment windows, numbers, carts, tracking and settings: pure decisions."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.orders.rules.carts import LineProblem, line_problem, merged_quantity
from apps.orders.rules.numbers import ALPHABET, BITS, order_number
from apps.orders.rules.payments import HOLD_GRACE, PaymentTerms, is_overdue, payment_dates
from apps.orders.rules.refunds import (
    LineToRefund,
    left_to_ship,
    line_refund,
    refundable,
    refundable_quantity,
    removed_by_refund,
    returned_quantity,
)
from apps.orders.rules.settings import in_currency, is_iban
from apps.orders.rules.shipping import (
    ShippingKind,
    Tariff,
    WeightBand,
    bands_are_sound,
    delivers_to,
    price_of,
)
from apps.orders.rules.tracking import is_safe_url, tracking_url
from kernel.money import Money
from tests.fixtures import NOON


@settings(max_examples=2000)
@given(st.integers(0, 10**12), st.lists(st.integers(1, 50), min_size=1, max_size=10))
def test_a_line_refunded_in_any_portions_gives_back_exactly_its_worth(gross_minor: int, portions: list[int]) -> None:
    quantity, refunded, given_back = sum(portions), 0, 0
    for portion in portions:
        line = LineToRefund(
            gross_minor=gross_minor,
            quantity=quantity,
            refunded_quantity=refunded,
            fulfilled_quantity=0,
            removed_quantity=refunded,
        )
        given_back += line_refund(line, quantity=portion)
        refunded += portion

    assert given_back == gross_minor


@settings(max_examples=2000)
@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_what_may_be_refunded_is_never_negative(paid_minor: int, refunded_minor: int) -> None:
    left = refundable(paid_minor=paid_minor, refunded_minor=refunded_minor)

    assert left == max(0, paid_minor - refunded_minor)


def test_pieces_that_were_not_shipped_are_given_back_first() -> None:
    line = LineToRefund(gross_minor=500, quantity=5, refunded_quantity=0, fulfilled_quantity=3, removed_quantity=0)

    assert [removed_by_refund(line, quantity=count) for count in (1, 2, 4)] == [1, 2, 2]


def test_the_last_of_the_money_takes_the_pieces_with_it_that_did_not_leave() -> None:
    line = LineToRefund(gross_minor=500, quantity=5, refunded_quantity=0, fulfilled_quantity=3, removed_quantity=0)

    assert [returned_quantity(line, named=count, is_everything=False) for count in (0, 1, 4)] == [0, 1, 4]
    assert [returned_quantity(line, named=count, is_everything=True) for count in (0, 1, 4)] == [2, 2, 4]


def test_pieces_are_given_back_once_and_those_removed_are_not_shipped() -> None:
    line = LineToRefund(gross_minor=500, quantity=5, refunded_quantity=2, fulfilled_quantity=2, removed_quantity=1)

    assert refundable_quantity(line) == 3
    assert left_to_ship(quantity=5, fulfilled_quantity=2, removed_quantity=1) == 2
    assert removed_by_refund(line, quantity=3) == 2


@settings(max_examples=2000)
@given(st.integers(0, 2**BITS - 1), st.integers(0, 2**BITS - 1))
def test_different_bits_make_different_numbers_of_clear_signs(first: int, second: int) -> None:
    numbers = [order_number(bits) for bits in (first, second)]

    assert (numbers[0] == numbers[1]) == (first == second)
    assert all(len(number) == 8 and set(number) <= set(ALPHABET) for number in numbers)
    assert not set("01IO") & set(ALPHABET)


def test_delivery_is_free_from_a_sum_on() -> None:
    tariff = Tariff(kind=ShippingKind.FREE_ABOVE, price_minor=490, free_above_minor=5000)

    assert price_of(tariff, subtotal_minor=4999, weight_grams=1) == 490
    assert price_of(tariff, subtotal_minor=5000, weight_grams=1) == 0
    assert price_of(replace(tariff, kind=ShippingKind.FLAT), subtotal_minor=5000, weight_grams=1) == 490
    assert price_of(replace(tariff, free_above_minor=None), subtotal_minor=5000, weight_grams=1) == 490


@pytest.mark.parametrize(("grams", "price"), [(0, 300), (500, 300), (501, 700), (2000, 700), (2001, None)])
def test_a_parcel_costs_by_its_weight_and_may_be_too_heavy(grams: int, price: int | None) -> None:
    bands = (WeightBand(up_to_grams=2000, price_minor=700), WeightBand(up_to_grams=500, price_minor=300))
    tariff = Tariff(kind=ShippingKind.BY_WEIGHT, price_minor=0, bands=bands)

    assert price_of(tariff, subtotal_minor=0, weight_grams=grams) == price


def test_an_open_band_takes_everything_heavier() -> None:
    bands = (WeightBand(up_to_grams=None, price_minor=900), WeightBand(up_to_grams=500, price_minor=300))
    tariff = Tariff(kind=ShippingKind.BY_WEIGHT, price_minor=0, bands=bands)

    assert [price_of(tariff, subtotal_minor=0, weight_grams=grams) for grams in (500, 501, 10**9)] == [300, 900, 900]


@pytest.mark.parametrize(
    ("limits", "is_sound"),
    [([], False), ([500], True), ([None], True), ([500, 1000, None], True), ([500, 500], False), ([None, 5], False)],
)
def test_bands_have_rising_limits(limits: list[int | None], *, is_sound: bool) -> None:
    assert bands_are_sound([WeightBand(up_to_grams=limit, price_minor=1) for limit in limits]) is is_sound


def test_a_method_without_countries_goes_everywhere() -> None:
    here = Tariff(kind=ShippingKind.FLAT, price_minor=490, countries=frozenset({"FI"}))

    assert delivers_to(Tariff(kind=ShippingKind.FLAT, price_minor=490), country="SE")
    assert delivers_to(here, country="FI")
    assert delivers_to(here, country="")
    assert not delivers_to(here, country="SE")


def test_what_is_paid_first_expires_and_what_is_billed_does_not() -> None:
    first = payment_dates(
        PaymentTerms(ships_before_payment=False, window=timedelta(days=7)), placed_at=NOON, total_minor=1
    )
    billed = payment_dates(
        PaymentTerms(ships_before_payment=True, window=timedelta(days=14)), placed_at=NOON, total_minor=1
    )
    free = payment_dates(
        PaymentTerms(ships_before_payment=False, window=timedelta(days=7)), placed_at=NOON, total_minor=0
    )

    week = NOON + timedelta(days=7)
    assert (first.due_at, first.expires_at, first.hold_until) == (week, week, week + HOLD_GRACE)
    assert (billed.due_at, billed.expires_at, billed.hold_until) == (NOON + timedelta(days=14), None, None)
    assert (free.due_at, free.expires_at, free.hold_until) == (None, None, None)


def test_a_bill_is_overdue_after_its_day_while_it_is_unpaid_and_alive() -> None:
    late = {"due_at": NOON, "is_unpaid": True, "is_alive": True, "now": NOON + timedelta(seconds=1)}

    assert is_overdue(**late)
    for change in ({"now": NOON}, {"is_unpaid": False}, {"is_alive": False}, {"due_at": None}):
        assert not is_overdue(**{**late, **change})


def test_the_gravest_problem_of_a_line_is_told() -> None:
    fine = {"is_sellable": True, "available": 5, "quantity": 5, "seen_minor": 100, "price_minor": 100}

    assert line_problem(**fine) is None
    assert line_problem(**{**fine, "price_minor": 101}) is LineProblem.PRICE_CHANGED
    assert line_problem(**{**fine, "available": 4, "price_minor": 101}) is LineProblem.OUT_OF_STOCK
    assert line_problem(**{**fine, "is_sellable": False, "available": 0}) is LineProblem.UNAVAILABLE


@settings(max_examples=2000)
@given(st.integers(0, 999), st.integers(1, 999), st.integers(0, 5000))
def test_merging_takes_what_the_shelf_has_and_nothing_away(mine: int, theirs: int, available: int) -> None:
    merged = merged_quantity(mine=mine, theirs=theirs, available=available)

    assert mine <= merged <= 999
    assert merged <= mine + theirs
    assert merged == mine or merged <= available


def test_known_carriers_have_a_page_about_each_parcel() -> None:
    assert tracking_url(carrier="PostNord", number="A 1/2").endswith("id=A%201%2F2")
    assert tracking_url(carrier="Uncle Bob", number="A1") == ""
    assert tracking_url(carrier="DHL", number="") == ""


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("https://example.com/a?b=1", True),
        ("http://example.com/", False),
        ("javascript:alert(1)", False),
        ("https://", False),
        ("https://user:pw@example.com/", False),
        ("https://example.com/ x", False),
        ("https://[::1", False),
    ],
)
def test_a_tracking_link_is_a_plain_https_address(url: str, *, is_safe: bool) -> None:
    assert is_safe_url(url) is is_safe


@pytest.mark.parametrize(("currency", "minor"), [("SEK", 495), ("JPY", 5), ("KWD", 4950)])
def test_a_price_keeps_its_digits_in_another_currency(currency: str, minor: int) -> None:
    assert in_currency(Money(495, "EUR"), currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "is_valid"),
    [
        ("FI21 1234 5600 0007 85", True),
        ("fi2112345600000785", True),
        ("FI2112345600000786", False),
        ("FI21", False),
        ("21FI12345600000785", False),
        ("ÄI2112345600000785", False),
    ],
)
def test_an_iban_has_check_digits(text: str, *, is_valid: bool) -> None:
    assert is_iban(text) is is_valid

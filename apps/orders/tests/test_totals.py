"""What an order costs, for any cart."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.orders.rules.totals import PricedItem, TaxMode, divide_half_up, spread, tax_of, totals

items = st.builds(
    PricedItem,
    unit_minor=st.integers(0, 10**9),
    quantity=st.integers(1, 999),
    rate_ppm=st.sampled_from([0, 60_000, 100_000, 140_000, 190_000, 255_000, 1_000_000]),
)
carts = st.lists(items, min_size=1, max_size=12)
modes = st.sampled_from(TaxMode)


@settings(max_examples=2000)
@given(cart=carts, shipping_minor=st.integers(0, 10**6), mode=modes, included=st.booleans())
def test_lines_and_delivery_always_add_up_to_the_total(
    *, cart: list[PricedItem], shipping_minor: int, mode: TaxMode, included: bool
) -> None:
    sums = totals(
        cart, shipping_minor=shipping_minor, shipping_rate_ppm=255_000, prices_include_tax=included, mode=mode
    )

    parts = [*sums.lines, sums.shipping]
    assert sum(part.gross_minor for part in parts) == sums.total_minor
    assert sum(part.tax_minor for part in parts) == sums.tax_minor
    assert sum(line.amount_minor for line in sums.lines) == sums.subtotal_minor


@settings(max_examples=2000)
@given(carts, st.integers(0, 10**6), modes)
def test_prices_with_tax_are_what_is_paid(cart: list[PricedItem], shipping_minor: int, mode: TaxMode) -> None:
    sums = totals(cart, shipping_minor=shipping_minor, shipping_rate_ppm=255_000, prices_include_tax=True, mode=mode)

    assert sums.total_minor == sums.subtotal_minor + shipping_minor
    assert all(0 <= line.tax_minor <= line.amount_minor for line in sums.lines)


@settings(max_examples=2000)
@given(carts)
def test_rounding_by_line_or_by_total_differs_by_half_a_cent_a_line_at_most(cart: list[PricedItem]) -> None:
    by_line, by_total = (
        totals(cart, shipping_minor=0, shipping_rate_ppm=0, prices_include_tax=False, mode=mode) for mode in TaxMode
    )

    assert abs(by_line.tax_minor - by_total.tax_minor) <= len(cart)


@settings(max_examples=2000)
@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_spreading_loses_nothing(whole: int, weights: list[int]) -> None:
    parts = spread(whole, weights)

    assert sum(parts) == (whole if sum(weights) else 0)
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


@settings(max_examples=2000)
@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
def test_no_part_is_a_whole_cent_away_from_its_fair_share(whole: int, weights: list[int]) -> None:
    parts = spread(whole, weights)

    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - whole * weight) < sum(weights)


def test_what_is_left_over_goes_to_the_largest_remainders_and_the_first_of_equals() -> None:
    assert spread(10, [3, 3, 1]) == [4, 4, 2]
    assert spread(100, [1, 1, 1]) == [34, 33, 33]
    assert spread(7, [0, 0]) == [0, 0]


@pytest.mark.parametrize(("numerator", "rounded"), [(0, 0), (4, 0), (5, 1), (14, 1), (15, 2)])
def test_halves_are_rounded_up(numerator: int, rounded: int) -> None:
    assert divide_half_up(numerator, 10) == rounded


def test_tax_is_taken_out_of_a_price_or_put_on_top() -> None:
    assert tax_of(12_550, rate_ppm=255_000, included=True) == 2550
    assert tax_of(10_000, rate_ppm=255_000, included=False) == 2550
    assert tax_of(10**12, rate_ppm=255_000, included=False) == 255 * 10**9


def test_a_cart_is_added_up_to_the_cent() -> None:
    cart = [
        PricedItem(unit_minor=1255, quantity=2, rate_ppm=255_000),
        PricedItem(unit_minor=114, quantity=3, rate_ppm=140_000),
    ]

    sums = totals(cart, shipping_minor=490, shipping_rate_ppm=255_000, prices_include_tax=True, mode=TaxMode.PER_LINE)

    assert [(line.amount_minor, line.net_minor, line.tax_minor) for line in sums.lines] == [
        (2510, 2000, 510),
        (342, 300, 42),
    ]
    assert (sums.shipping.net_minor, sums.shipping.tax_minor) == (390, 100)
    assert (sums.subtotal_minor, sums.tax_minor, sums.total_minor) == (2852, 652, 3342)


def test_two_modes_round_one_cart_differently() -> None:
    cart = [PricedItem(unit_minor=10, quantity=1, rate_ppm=50_000) for _ in range(3)]

    taxes = [
        totals(cart, shipping_minor=0, shipping_rate_ppm=0, prices_include_tax=False, mode=mode).tax_minor
        for mode in (TaxMode.PER_LINE, TaxMode.PER_TOTAL)
    ]

    assert taxes == [3, 2]

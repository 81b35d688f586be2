"""What a discount does to an order's sums, for any cart and any currency."""

from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.orders.rules.refunds import LineToRefund, line_refund
from apps.orders.rules.totals import PPM, PricedItem, TaxMode, Totals, totals
from apps.orders.rules.vouchers import VoucherKind, VoucherTerms, discount_of
from kernel.money import exponent

pytestmark = pytest.mark.once
CURRENCIES = {"JPY": 0, "EUR": 2, "KWD": 3, "CLF": 4}
RATES = [0, 60_000, 100_000, 140_000, 190_000, 255_000, 1_000_000]


@dataclass(frozen=True)
class Case:
    """A cart in one currency with a voucher, added up."""

    terms: VoucherTerms
    cart: list[PricedItem]
    included: bool
    shipping_minor: int
    sums: Totals


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Return any cart with any voucher, also one that is worth more than the cart."""
    currency = draw(st.sampled_from(sorted(CURRENCIES)))
    largest = 10 ** (4 + CURRENCIES[currency])  # ten thousand in the currency's own decimals
    rows = draw(
        st.lists(st.tuples(st.integers(0, largest), st.integers(1, 99), st.sampled_from(RATES)), min_size=1, max_size=8)
    )
    cart = [PricedItem(unit_minor=unit, quantity=quantity, rate_ppm=rate) for unit, quantity, rate in rows]
    kind = draw(st.sampled_from(VoucherKind))
    terms = VoucherTerms(
        kind=kind,
        currency=currency,
        rate_ppm=draw(st.integers(1, PPM)),
        amount_minor=draw(st.integers(1, 50 * largest)),
    )
    shipping_minor = 0 if kind is VoucherKind.FREE_SHIPPING else draw(st.integers(0, largest))
    included = draw(st.booleans())
    sums = totals(
        cart,
        shipping_minor=shipping_minor,
        shipping_rate_ppm=draw(st.sampled_from(RATES)),
        prices_include_tax=included,
        mode=draw(st.sampled_from(TaxMode)),
        discount_minor=discount_of(terms, goods_minor=sum(item.amount_minor for item in cart)),
    )
    return Case(terms, cart, included, shipping_minor, sums)


@pytest.mark.parametrize("currency", CURRENCIES)
def test_the_four_currencies_have_none_two_three_and_four_decimals(currency: str) -> None:
    assert exponent(currency) == CURRENCIES[currency]


@settings(max_examples=2000)
@given(cases())
def test_every_sum_is_exact_and_no_line_bears_more_than_it_costs_or_than_its_share(case: Case) -> None:
    sums = case.sums

    parts = [*sums.lines, sums.shipping]
    assert sum(part.gross_minor for part in parts) == sums.total_minor
    assert sum(part.tax_minor for part in parts) == sums.tax_minor
    assert sum(line.amount_minor for line in sums.lines) == sums.subtotal_minor
    assert sum(part.discount_minor for part in parts) == sums.discount_minor
    assert sums.discount_minor == discount_of(case.terms, goods_minor=sums.subtotal_minor) <= sums.subtotal_minor
    shown = sums.subtotal_minor - sums.discount_minor + case.shipping_minor
    assert sums.total_minor == (shown if case.included else shown + sums.tax_minor)
    for line in sums.lines:
        assert 0 <= line.discount_minor <= line.amount_minor
        assert min(line.tax_minor, line.net_minor) >= 0
        share = sums.discount_minor * line.amount_minor
        assert abs(line.discount_minor * sums.subtotal_minor - share) < max(sums.subtotal_minor, 1)


@settings(max_examples=2000)
@given(cases(), st.integers(0, 2**32))
def test_pieces_given_back_in_any_portions_are_worth_what_was_paid_and_never_more(case: Case, seed: int) -> None:
    portions = Random(seed)

    for item, line in zip(case.cart, case.sums.lines, strict=True):
        back = returned = 0
        while returned < item.quantity:
            portion = portions.randint(1, item.quantity - returned)
            seen = LineToRefund(
                gross_minor=line.gross_minor,
                quantity=item.quantity,
                refunded_quantity=returned,
                fulfilled_quantity=0,
                removed_quantity=0,
            )
            back += line_refund(seen, quantity=portion)
            returned += portion
            assert back <= line.gross_minor
        assert back == line.gross_minor


@pytest.mark.parametrize("mode", TaxMode)
@pytest.mark.parametrize("included", [True, False])
def test_a_voucher_of_a_hundred_percent_leaves_no_price_and_no_tax(mode: TaxMode, *, included: bool) -> None:
    terms = VoucherTerms(kind=VoucherKind.PERCENT, currency="EUR", rate_ppm=PPM)
    cart = [PricedItem(unit_minor=unit, quantity=3, rate_ppm=255_000) for unit in (0, 1, 333)]

    sums = totals(
        cart,
        shipping_minor=0,
        shipping_rate_ppm=255_000,
        prices_include_tax=included,
        mode=mode,
        discount_minor=discount_of(terms, goods_minor=1002),
    )

    assert (sums.discount_minor, sums.total_minor, sums.tax_minor) == (1002, 0, 0)
    assert [line.discount_minor for line in sums.lines] == [0, 3, 999]


def test_a_discount_is_cut_by_largest_remainder_and_taxed_on_what_is_left() -> None:
    cart = [
        PricedItem(unit_minor=1255, quantity=2, rate_ppm=255_000),
        PricedItem(unit_minor=114, quantity=3, rate_ppm=140_000),
    ]

    sums = totals(
        cart,
        shipping_minor=490,
        shipping_rate_ppm=255_000,
        prices_include_tax=True,
        mode=TaxMode.PER_LINE,
        discount_minor=285,
    )

    assert [(line.amount_minor, line.discount_minor, line.net_minor, line.tax_minor) for line in sums.lines] == [
        (2510, 251, 1800, 459),
        (342, 34, 270, 38),
    ]
    assert (sums.subtotal_minor, sums.discount_minor, sums.tax_minor, sums.total_minor) == (2852, 285, 597, 3057)


def test_prices_without_tax_get_it_on_top_of_what_is_left() -> None:
    cart = [PricedItem(unit_minor=1000, quantity=3, rate_ppm=255_000)]

    sums = totals(
        cart,
        shipping_minor=0,
        shipping_rate_ppm=0,
        prices_include_tax=False,
        mode=TaxMode.PER_TOTAL,
        discount_minor=1000,
    )

    assert (sums.lines[0].net_minor, sums.lines[0].tax_minor, sums.total_minor) == (2000, 510, 2510)

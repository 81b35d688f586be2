"""Money is exact: nothing is lost in sums, products and shares."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import MAX_MINOR, CurrencyMismatchError, InvalidMoneyError, Money, exponent, round_half_up, total

amounts = st.integers(min_value=-MAX_MINOR, max_value=MAX_MINOR)
weights = st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=20).filter(any)


def eur(text: str) -> Money:
    return Money.of(text, "EUR")


@given(amounts, weights)
def test_the_parts_of_an_allocation_add_up_to_the_whole(minor: int, parts: list[int]) -> None:
    whole = Money(minor, "EUR")

    shares = whole.allocate(parts)

    assert total(shares, "EUR") == whole
    assert all(not share for share, weight in zip(shares, parts, strict=True) if weight == 0)


@given(amounts, weights)
def test_no_part_is_a_whole_cent_away_from_its_fair_share(minor: int, parts: list[int]) -> None:
    shares = Money(minor, "EUR").allocate(parts)

    for share, weight in zip(shares, parts, strict=True):
        assert abs(share.minor * sum(parts) - minor * weight) < sum(parts)


@given(amounts, st.sampled_from(["EUR", "JPY", "KWD", "SEK"]))
def test_text_and_money_are_the_same_both_ways(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    assert Money.of(money.as_text(), currency) == money


def test_each_currency_has_its_own_decimals() -> None:
    found = {code: Money(1234, code).as_text() for code in ("EUR", "JPY", "KWD")}

    assert found == {"EUR": "12.34", "JPY": "1234", "KWD": "1.234"}
    assert exponent("SEK") == 2


@pytest.mark.parametrize("text", ["", "abc", "1.234", "NaN", "Infinity", "1e30", "9" * 17, "1,50"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InvalidMoneyError):
        Money.of(text, "EUR")


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(InvalidMoneyError):
        Money.of("1", "XYZ")


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(CurrencyMismatchError):
        eur("1") + Money(100, "SEK")


def test_comparisons_and_arithmetic_work_on_cents() -> None:
    assert eur("1.10") + eur("2.20") == eur("3.30")
    assert eur("1.10") * 3 == 3 * eur("1.10") == eur("3.30")
    assert -eur("1") < eur("0.99") <= eur("0.99") < eur("1")
    assert not eur("0")


@pytest.mark.parametrize(("value", "rounded"), [("0.5", 1), ("1.5", 2), ("2.4999", 2), ("-0.5", -1), ("-0.4", 0)])
def test_halves_are_rounded_away_from_zero(value: str, rounded: int) -> None:
    assert round_half_up(Decimal(value)) == rounded


def test_weights_below_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        eur("1").allocate([1, -1])

"""Money is exact: nothing is lost in sums and products."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import (
    MAX_MINOR,
    CurrencyMismatchError,
    InvalidMoneyError,
    Money,
    currencies,
    exponent,
    is_currency,
    round_half_up,
)

amounts = st.integers(min_value=-MAX_MINOR, max_value=MAX_MINOR)


def eur(text: str) -> Money:
    return Money.of(text, "EUR")


@given(amounts, st.sampled_from(["EUR", "JPY", "KWD", "SEK"]))
def test_text_and_money_are_the_same_both_ways(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    assert Money.of(money.as_text(), currency) == money


def test_each_currency_has_its_own_decimals() -> None:
    found = {code: Money(1234, code).as_text() for code in ("EUR", "JPY", "KWD", "CLF")}

    assert found == {"EUR": "12.34", "JPY": "1234", "KWD": "1.234", "CLF": "0.1234"}
    assert exponent("SEK") == 2


@pytest.mark.parametrize("text", ["", "abc", "1.234", "NaN", "Infinity", "1e30", "9" * 17, "1,50"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InvalidMoneyError):
        Money.of(text, "EUR")


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(InvalidMoneyError):
        Money.of("1", "XYZ")


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(CurrencyMismatchError) as refusal:
        eur("1") + Money(100, "SEK")

    assert refusal.value.status == 400


def test_comparisons_and_arithmetic_work_on_cents() -> None:
    assert eur("1.10") + eur("2.20") == eur("3.30")
    assert eur("1.10") - eur("2.20") == eur("-1.10")
    assert eur("1.10") * 3 == 3 * eur("1.10") == eur("3.30")
    assert -eur("1") < eur("0.99") <= eur("0.99") < eur("1")
    assert eur("1") > eur("0.99") >= eur("0.99") > -eur("1")
    assert not eur("1") < eur("1")
    assert not eur("1") > eur("1")
    assert not Money.zero("EUR")


@pytest.mark.parametrize(("value", "rounded"), [("0.5", 1), ("1.5", 2), ("2.4999", 2), ("-0.5", -1), ("-0.4", 0)])
def test_halves_are_rounded_away_from_zero(value: str, rounded: int) -> None:
    assert round_half_up(Decimal(value)) == rounded


def test_the_largest_amount_is_accepted_and_not_a_cent_more() -> None:
    assert eur("9999999999999.99").minor == MAX_MINOR == 999_999_999_999_999
    for text in ("10000000000000.00", "-10000000000000.00"):
        with pytest.raises(InvalidMoneyError) as refusal:
            eur(text)
        assert refusal.value.status == 400


def test_money_is_multiplied_by_whole_numbers_only() -> None:
    with pytest.raises(TypeError):
        eur("1.00") * 1.5


def test_only_currencies_that_can_be_counted_are_known() -> None:
    assert is_currency("EUR")
    assert not is_currency("XYZ")
    assert {"EUR", "JPY", "KWD", "SEK"} < set(currencies())
    assert list(currencies()) == sorted(currencies())

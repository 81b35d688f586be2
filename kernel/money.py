"""Money: integer minor units of one ISO currency. Exact, immutable, no Django."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import Self

from kernel.errors import DomainError

MAX_MINOR = 10**15 - 1
"""The largest amount in minor units: far above any price, far below what a database or float loses."""


class InvalidMoneyError(DomainError):
    """A text is no amount of the currency."""

    code = "invalid_money"
    status = 400


class CurrencyMismatchError(DomainError):
    """Two amounts of different currencies cannot be put together."""

    code = "currency_mismatch"
    status = 400

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second} cannot be put together.")


@cache
def _exponents() -> dict[str, int]:
    from moneyed import CURRENCIES  # noqa: PLC0415 - its table costs 20 ms and most commands need none

    digits = {1: 0, 100: 2, 1000: 3, 10000: 4}
    return {code: digits[row.sub_unit] for code, row in CURRENCIES.items() if row.sub_unit in digits}


def is_currency(code: str) -> bool:
    """True for an ISO 4217 code that money can be counted in."""
    return code in _exponents()


def currencies() -> tuple[str, ...]:
    """Return the ISO 4217 codes that money can be counted in."""
    return tuple(sorted(_exponents()))


def exponent(currency: str) -> int:
    """Return how many decimals the currency has: EUR 2, JPY 0, KWD 3.

    :raises InvalidMoneyError: there is no such currency.
    """
    if currency == "EUR":
        return 2
    try:
        return _exponents()[currency]
    except KeyError:
        msg = f"{currency[:8]!r} is not a currency."
        raise InvalidMoneyError(msg) from None


def round_half_up(value: Decimal) -> int:
    """Round to a whole number, halves away from zero."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Money:
    """So many minor units (cents) of one currency."""

    minor: int
    currency: str

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Return nothing, in a currency."""
        return cls(0, currency)

    @classmethod
    def of(cls, amount: str | Decimal, currency: str) -> Self:
        """Read a decimal amount exactly.

        :raises InvalidMoneyError: no number, too many decimals, too large or an unknown currency.
        """
        places = exponent(currency)
        try:
            scaled = Decimal(amount).scaleb(places)
        except InvalidOperation:
            msg = "This is not an amount."
            raise InvalidMoneyError(msg) from None
        if not scaled.is_finite() or abs(scaled) > MAX_MINOR:
            msg = "This amount is too large."
            raise InvalidMoneyError(msg)
        if scaled != int(scaled):
            msg = f"{currency} has {places} decimals at most."
            raise InvalidMoneyError(msg)
        return cls(int(scaled), currency)

    @property
    def amount(self) -> Decimal:
        """The amount in whole units of the currency."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def as_text(self) -> str:
        """Return the amount with all its decimals, such as ``12.34``."""
        return f"{self.amount:f}"

    def __str__(self) -> str:
        return f"{self.as_text()} {self.currency}"

    def __bool__(self) -> bool:
        return self.minor != 0

    def __add__(self, other: Self) -> Self:
        return type(self)(self.minor + self._minor_of(other), self.currency)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.minor - self._minor_of(other), self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.minor, self.currency)

    def __mul__(self, count: int) -> Self:
        if type(count) is not int:
            return NotImplemented
        return type(self)(self.minor * count, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Self) -> bool:
        return self.minor < self._minor_of(other)

    def __le__(self, other: Self) -> bool:
        return self.minor <= self._minor_of(other)

    def __gt__(self, other: Self) -> bool:
        return self.minor > self._minor_of(other)

    def __ge__(self, other: Self) -> bool:
        return self.minor >= self._minor_of(other)

    def _minor_of(self, other: Self) -> int:
        if self.currency != other.currency:
            raise CurrencyMismatchError(self.currency, other.currency)
        return other.minor

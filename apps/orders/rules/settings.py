"""Small decisions about the shop's settings."""

from kernel.money import Money, exponent, round_half_up


def in_currency(money: Money, currency: str) -> Money:
    """Return the same digits in another currency, rounded to its decimals: 4.90 EUR, 4.90 SEK, 5 JPY."""
    scaled = money.amount.scaleb(exponent(currency))
    return Money(round_half_up(scaled), currency)


def is_iban(text: str) -> bool:
    """Tell whether a text has the form and the check digits of an IBAN (ISO 13616)."""
    compact = text.replace(" ", "").upper()
    has_form = 15 <= len(compact) <= 34 and compact.isascii() and compact.isalnum()  # noqa: PLR2004 - ISO 13616
    if not has_form or not compact[:2].isalpha() or not compact[2:4].isdigit():
        return False
    digits = "".join(str(int(sign, 36)) for sign in compact[4:] + compact[:4])
    return int(digits) % 97 == 1

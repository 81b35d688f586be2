"""Money and numbers as people read them."""

from functools import lru_cache

from kernel.money import Money


@lru_cache(maxsize=4096)
def money_text(money: Money, locale: str = "en") -> str:
    """Return an amount as the locale writes it, such as ``€12.34``."""
    from babel.numbers import format_currency  # noqa: PLC0415 - Babel's tables are loaded with the first price

    return format_currency(money.amount, money.currency, locale=locale.replace("-", "_"))

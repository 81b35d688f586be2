"""Money and spans of time as people read them."""

from datetime import datetime
from functools import lru_cache

from kernel.money import Money


@lru_cache(maxsize=4096)
def money_text(money: Money, locale: str = "en") -> str:
    """Return an amount as the locale writes it, such as ``€12.34``."""
    from babel.numbers import format_currency  # noqa: PLC0415 - Babel's tables are loaded with the first price

    return format_currency(money.amount, money.currency, locale=locale.replace("-", "_"))


def age_text(since: datetime | None, *, now: datetime) -> str:
    """Say in one word how long ago something was, such as ``5 min``; nothing for what was not."""
    if since is None:
        return ""
    seconds = max(0, int((now - since).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"

"""One of each kind of event, made from the types of its members: once with everything in it, once with the least."""

import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from kernel.ids import uuid7
from kernel.money import Money

HELSINKI = timezone(timedelta(hours=2))
FULL: dict[Any, Callable[[], Any]] = {
    str: lambda: 'Åsa & <b>"Bo"</b>\n\\ ☃ 𝄞 \x7f',
    bool: lambda: True,
    int: lambda: 2**31,
    float: lambda: 0.1,
    Decimal: lambda: Decimal("0.10"),
    date: lambda: date(2026, 2, 28),
    datetime: lambda: datetime(2026, 11, 27, 1, 2, 3, 456789, HELSINKI),
    Money: lambda: Money.of("-1234.50", "EUR"),
    Any: lambda: {"nested": [1, None, {"deep": True}]},
}
BARE: dict[Any, Callable[[], Any]] = {
    str: str,
    bool: bool,
    int: int,
    float: float,
    Decimal: Decimal,
    date: lambda: date(1970, 1, 1),
    datetime: lambda: datetime(1970, 1, 1, tzinfo=UTC),
    Money: lambda: Money.zero("JPY"),
    Any: dict,
}


def example_of(kind: Any, *, is_full: bool) -> Any:
    """Return a value of a type that a contract may use."""
    values = FULL if is_full else BARE
    origin, inner = get_origin(kind), get_args(kind)
    if kind in values:
        return values[kind]()
    if origin in {Union, types.UnionType}:
        return example_of(inner[0], is_full=is_full) if is_full or type(None) not in inner else None
    if origin in {list, tuple, frozenset}:
        return origin([example_of(inner[0], is_full=is_full)] if is_full else [])
    if origin is dict:
        return {"Key": example_of(inner[1], is_full=is_full)} if is_full else {}
    if is_dataclass(kind):
        return _made(kind, is_full=is_full)
    return next(iter(kind)) if issubclass(kind, Enum) else uuid7()


def _made(kind: Any, *, is_full: bool) -> Any:
    hints = get_type_hints(kind)
    needed = [field for field in fields(kind) if is_full or {field.default, field.default_factory} == {MISSING}]
    return kind(**{field.name: example_of(hints[field.name], is_full=is_full) for field in needed})

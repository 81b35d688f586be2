"""Turns contract values into JSON values and back, by their types. Nothing is lost on the way."""

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

from kernel.money import Money

T = TypeVar("T")
Json = Any


class CannotTravelError(TypeError):
    """A value or type has no place in a contract."""


def encode(value: object) -> Json:
    """Return JSON values for a contract value."""
    if value is None or type(value) in {bool, str, int, float}:
        return value
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    msg = f"{type(value).__name__} cannot travel between services."
    raise CannotTravelError(msg)


_WRITERS: tuple[tuple[type | tuple[type, ...], Callable[[Any], Json]], ...] = (
    (Enum, lambda value: value.value),
    (Money, lambda value: {"amount": value.as_text(), "currency": value.currency}),
    ((UUID, Decimal), str),
    (datetime, lambda value: value.astimezone(UTC).isoformat().replace("+00:00", "Z")),
    (date, lambda value: value.isoformat()),
    ((list, tuple), lambda value: [encode(item) for item in value]),
    (frozenset, lambda value: [encode(item) for item in sorted(value)]),
    (dict, lambda value: {str(key): encode(item) for key, item in value.items()}),
    ((str, int, float), lambda value: value),
)


def decode(kind: type[T] | Any, value: Json) -> T:
    """Return the contract value of a type from JSON values; unknown members are ignored, so contracts may grow."""
    return cast("T", _decode(kind, value))


def _decode(kind: Any, value: Json) -> Any:
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        return _decode_optional(kind, value)
    if origin in {list, tuple, frozenset}:
        return _decode_sequence(kind, origin, value)
    if origin in {dict, Mapping}:
        key_kind, item_kind = get_args(kind)
        return {_decode(key_kind, key): _decode(item_kind, item) for key, item in value.items()}
    if kind is not Money and is_dataclass(kind):
        hints: dict[str, Any] = _hints(cast("type", kind))
        make = cast("Callable[..., Any]", kind)
        return make(**{name: _decode(hints[name], value[name]) for name in hints if name in value})
    return _decode_plain(kind, value)


def _decode_plain(kind: Any, value: Json) -> Any:
    if kind in {Any, object}:
        return value
    if kind in _READERS:
        return _READERS[kind](value)
    if issubclass(kind, Enum):
        return kind(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        msg = f"{value!r} is not {kind.__name__}."
        raise CannotTravelError(msg)
    return value


_READERS: dict[Any, Callable[[Json], Any]] = {
    type(None): lambda _value: None,
    None: lambda _value: None,
    Money: lambda value: Money.of(value["amount"], value["currency"]),
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    UUID: UUID,
    Decimal: Decimal,
    float: float,
}


def _decode_optional(kind: Any, value: Json) -> Any:
    choices = [choice for choice in get_args(kind) if choice is not type(None)]
    if value is None or len(choices) != 1:
        return value
    return _decode(choices[0], value)


def _decode_sequence(kind: Any, origin: type, value: Json) -> Any:
    kinds = get_args(kind)
    if origin is tuple and not (len(kinds) == 2 and kinds[1] is Ellipsis):  # noqa: PLR2004 - tuple[X, ...]
        return tuple(_decode(item_kind, item) for item_kind, item in zip(kinds, value, strict=True))
    return origin(_decode(kinds[0], item) for item in value)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: hint for name, hint in get_type_hints(kind).items() if name in names}

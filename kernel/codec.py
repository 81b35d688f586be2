"""Turns contract values into JSON values and back, by their types. Nothing is lost on the way."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from kernel.money import Money

T = TypeVar("T")
Json = Any


class CannotTravelError(TypeError):
    """A value or type has no place in a contract."""


def encode(value: object) -> Json:
    """Return JSON values for a contract value."""
    match value:
        case None | bool() | str() if not isinstance(value, Enum):
            return value
        case Enum():
            return value.value
        case int() | float():
            return value
        case Money():
            return {"amount": value.as_text(), "currency": value.currency}
        case UUID() | Decimal():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case list() | tuple():
            return [encode(item) for item in value]
        case dict():
            return {str(key): encode(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    msg = f"{type(value).__name__} cannot travel between services."
    raise CannotTravelError(msg)


def decode(kind: type[T] | Any, value: Json) -> T:  # noqa: ANN401 - typing's special forms have no common type
    """Return the contract value of a type from JSON values; unknown members are ignored, so contracts may grow."""
    return _decode(kind, value)  # type: ignore[no-any-return] # the type is decided at run time


def _decode(kind: Any, value: Json) -> Any:  # noqa: ANN401 - as above
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        return _decode_optional(kind, value)
    if origin in {list, tuple}:
        return _decode_sequence(kind, origin, value)
    if origin in {dict, Mapping}:
        key_kind, item_kind = get_args(kind)
        return {_decode(key_kind, key): _decode(item_kind, item) for key, item in value.items()}
    if is_dataclass(kind) and kind is not Money:
        hints = _hints(kind)
        return kind(**{name: _decode(hints[name], value[name]) for name in hints if name in value})  # type: ignore[operator] # a dataclass type
    return _decode_plain(kind, value)


def _decode_plain(kind: Any, value: Json) -> Any:  # noqa: ANN401 - as above
    if kind in {Any, object}:
        return value
    if kind in {type(None), None}:
        return None
    if kind is Money:
        return Money.of(value["amount"], value["currency"])
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is date:
        return date.fromisoformat(value)
    if kind in {UUID, Decimal} or issubclass(kind, Enum):
        return kind(value)
    if kind is float and isinstance(value, int):
        return float(value)
    if not isinstance(value, kind):
        msg = f"{value!r} is not {kind.__name__}."
        raise CannotTravelError(msg)
    return value


def _decode_optional(kind: Any, value: Json) -> Any:  # noqa: ANN401 - as above
    choices = [choice for choice in get_args(kind) if choice is not type(None)]
    if value is None or len(choices) != 1:
        return value
    return _decode(choices[0], value)


def _decode_sequence(kind: Any, origin: type, value: Json) -> Any:  # noqa: ANN401 - as above
    kinds = get_args(kind)
    if origin is tuple and not (len(kinds) == 2 and kinds[1] is Ellipsis):  # noqa: PLR2004 - tuple[X, ...]
        return tuple(_decode(item_kind, item) for item_kind, item in zip(kinds, value, strict=True))
    return origin(_decode(kinds[0], item) for item in value)


@cache
def _hints(kind: type) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type] # a dataclass type
    return {name: hint for name, hint in get_type_hints(kind).items() if name in names}

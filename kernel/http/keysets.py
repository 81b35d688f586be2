"""The place in a list as the values of its ordering columns, and the condition for what lies beyond it.

Conditions are written in expanded form (``a >= x AND (a > x OR (a = x AND b > y))``): MariaDB cannot use an index
for row constructors. Empty values come first when rising and last when falling, on every database.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Model, Q, QuerySet

from kernel.codec import encode
from kernel.errors import DomainError

MAX_CURSOR = 1000
LARGEST = 2**63 - 1
NOTHING = Q(pk__in=())


class InvalidCursorError(DomainError):
    """A cursor is damaged, or of another list."""

    code = "invalid_cursor"
    status = 400

    def __init__(self) -> None:
        message = "This cursor is not one of this list."
        super().__init__(message, fields={"cursor": [message]})


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row where a page ends; ``is_backward`` asks for what is before it."""

    values: list[Any]
    is_backward: bool


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an ordering."""

    name: str
    is_falling: bool
    is_nullable: bool

    def order(self, *, is_backward: bool) -> Any:
        """Return what ``order_by`` wants."""
        falls = self.is_falling != is_backward
        if not self.is_nullable:
            return f"-{self.name}" if falls else self.name
        return F(self.name).desc(nulls_last=True) if falls else F(self.name).asc(nulls_first=True)

    def beyond(self, value: Any, *, is_backward: bool) -> Q:
        """Return the condition for rows that come strictly later."""
        falls = self.is_falling != is_backward
        if value is None:
            return NOTHING if falls else Q(**{f"{self.name}__isnull": False})
        later = Q(**{f"{self.name}__{'lt' if falls else 'gt'}": value})
        return later | Q(**{f"{self.name}__isnull": True}) if falls and self.is_nullable else later

    def same(self, value: Any) -> Q:
        """Return the condition for rows with the same value."""
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})


class Keyset:
    """The columns of one ordering of one table."""

    def __init__(self, model: type[Model], ordering: Sequence[str]) -> None:
        self._fields = [_field(model, name.removeprefix("-")) for name in ordering]
        self._columns = [
            Column(name.removeprefix("-"), name.startswith("-"), bool(field is not None and field.null))
            for name, field in zip(ordering, self._fields, strict=True)
        ]

    def ordered(self, queryset: QuerySet[Any], *, is_backward: bool) -> QuerySet[Any]:
        """Return the rows in order, or in the opposite one."""
        return queryset.order_by(*(column.order(is_backward=is_backward) for column in self._columns))

    def beyond(self, queryset: QuerySet[Any], cursor: Cursor | None) -> QuerySet[Any]:
        """Return the rows after the cursor in its direction."""
        if cursor is None:
            return queryset
        is_backward = cursor.is_backward
        anywhere, same = Q(), Q()
        for column, value in zip(self._columns, cursor.values, strict=True):
            anywhere |= same & column.beyond(value, is_backward=is_backward)
            same &= column.same(value)
        first, value = self._columns[0], cursor.values[0]
        bound = first.beyond(value, is_backward=is_backward) | first.same(value)
        return queryset.filter(bound & anywhere if len(self._columns) > 1 else anywhere)

    def values_of(self, row: Any) -> list[Any]:
        """Return the place of a row."""
        return [_value(row, column.name) for column in self._columns]

    def typed(self, values: list[Any]) -> list[Any]:
        """Return values as their columns hold them.

        :raises ValueError: one is none of its column's.
        """
        if len(values) != len(self._columns):
            raise ValueError(values)
        return [_typed(field, value) for field, value in zip(self._fields, values, strict=True)]


def encode_cursor(ordering: str, values: list[Any], *, is_backward: bool = False) -> str:
    """Return a text for an address."""
    packed = orjson.dumps([ordering, int(is_backward), *(encode(value) for value in values)])
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_cursor(text: str, ordering: str, keyset: Keyset) -> Cursor:
    """Read a cursor.

    :raises InvalidCursorError: it is damaged, or made for another ordering.
    """
    if len(text) > MAX_CURSOR or not text.isascii():
        raise InvalidCursorError
    try:
        name, is_backward, *values = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
        if name != ordering or is_backward not in {0, 1}:
            raise InvalidCursorError
        return Cursor(keyset.typed(values), bool(is_backward))
    except (binascii.Error, ValueError, TypeError, ValidationError, OverflowError) as error:
        raise InvalidCursorError from error


def _field(model: type[Model], name: str) -> Any:
    try:
        return model._meta.get_field(name)  # noqa: SLF001 - the documented way to a model's fields
    except FieldDoesNotExist:
        return None


def _typed(field: Any, value: Any) -> Any:
    if isinstance(value, (list, dict)):
        raise TypeError(value)
    if isinstance(value, str) and "\x00" in value:
        raise ValueError(value)
    typed = value if field is None or value is None else field.to_python(value)
    if isinstance(typed, datetime):
        typed = typed.astimezone(UTC)  # what lies outside the years that there are is refused here, not by a database
    if isinstance(typed, (int, float)) and abs(typed) > LARGEST:
        raise ValueError(value)
    if value is None and field is not None and not field.null:
        raise ValueError(value)
    return typed


def _value(row: Any, name: str) -> Any:
    if isinstance(row, Mapping):
        return row[name]
    for part in name.split("__"):
        row = getattr(row, part)
    return row

"""Checks a row before it is written, and names the field that is wrong."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField, IntegerField, Model

from apps.products.rules.text import is_storable_deep
from kernel.errors import ConflictError, InvalidInputError

LARGEST = 2**31 - 1


class InUseError(ConflictError):
    """Something else still needs it."""

    code = "in_use"


def check_row(row: Model, *, fields: Collection[str]) -> None:
    """Validate these columns as their model declares them; keys to other rows are left to the database.

    :raises InvalidInputError: tells each field's first fault.
    """
    concrete = [field for field in row._meta.concrete_fields if field.name in fields and not field.is_relation]  # noqa: SLF001 - Django's documented API
    faults = {field.name: [fault] for field in concrete if (fault := _fault(field, getattr(row, field.name)))}
    if not faults:
        wanted = {field.name for field in concrete}
        try:
            row.clean_fields(exclude={field.name for field in row._meta.fields} - wanted)  # noqa: SLF001 - as above
        except ValidationError as error:
            faults = {name: list(messages) for name, messages in error.message_dict.items()}
    if faults:
        name, messages = next(iter(faults.items()))
        raise InvalidInputError(f"{name}: {messages[0]}", fields=faults)


def _fault(field: Any, value: object) -> str:
    """Return what Django leaves to the database: SQLite keeps any number, PostgreSQL no NUL."""
    if not is_storable_deep(value):
        return "Characters that cannot be stored."
    is_small = isinstance(field, IntegerField) and not isinstance(field, BigIntegerField)
    if is_small and isinstance(value, int) and abs(value) > LARGEST:
        return f"At most {LARGEST}."
    return ""

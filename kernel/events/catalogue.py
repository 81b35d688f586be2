"""Every event that the contracts declare, with its JSON schema: what docs/events.md and docs/asyncapi.yaml are made from."""

import inspect
import types
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from kernel.events.base import Event
from kernel.money import Money

Schema = dict[str, Any]
PLAIN: dict[Any, Schema] = {
    UUID: {"type": "string", "format": "uuid"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    Decimal: {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    Any: {},
    Money: {
        "type": "object",
        "properties": {
            "amount": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        },
        "required": ["amount", "currency"],
    },
}


def all_events() -> list[type[Event]]:
    """Return the events of all contracts, by type."""
    contracts = import_module("contracts")
    for module in iter_modules(contracts.__path__, "contracts."):
        import_module(module.name)
    found: list[type[Event]] = []
    waiting: list[type[Event]] = [Event]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        # A dataclass with slots leaves the class that it was made from among the subclasses.
        is_real = getattr(import_module(kind.__module__), kind.__name__, None) is kind
        if is_real and kind.__module__.startswith("contracts.") and getattr(kind, "type", None):
            found.append(kind)
    return sorted(found, key=lambda kind: kind.type)


def meaning_of(kind: type[Event]) -> str:
    """Return the first sentence of an event's docstring."""
    return (inspect.getdoc(kind) or "").split("\n\n", maxsplit=1)[0].replace("\n", " ")


def schema_of(kind: Any) -> Schema:
    """Return the JSON schema of a type as the codec writes it.

    :raises TypeError: the type has no place in a contract.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if kind in PLAIN:
        return dict(PLAIN[kind])
    if origin in {Union, types.UnionType}:
        return _optional(inner)
    if origin in {list, tuple, frozenset}:
        return {"type": "array", "items": schema_of(inner[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(inner[1])}
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return {"type": "string", "enum": [choice.value for choice in kind]}
    if is_dataclass(kind):
        return _object(kind)
    msg = f"{kind!r} has no JSON schema."
    raise TypeError(msg)


def _object(kind: Any) -> Schema:
    hints = get_type_hints(kind)
    found = {field.name: schema_of(hints[field.name]) for field in fields(kind)}
    required = [field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING]
    return {"type": "object", "properties": found, "required": required}


def _optional(choices: tuple[Any, ...]) -> Schema:
    schemas = [schema_of(choice) for choice in choices if choice is not type(None)]
    return {"anyOf": [*schemas, *([{"type": "null"}] if type(None) in choices else [])]}

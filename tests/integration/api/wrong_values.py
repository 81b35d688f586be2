"""Wrong values for every field of the schema, derived from what the schema says of it."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
LARGE = 10**18
HOSTILE = (
    "<script>alert(1)</script>",
    "Robert'); DROP TABLE users_user;--",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}%s%n",
)
MAX_DEPTH = 3


def resolved(schema: Json, part: Json) -> Json:
    """Follow references, and take what is not null."""
    if "$ref" in part:
        part = schema["components"]["schemas"][part["$ref"].rsplit("/", maxsplit=1)[-1]]
    for key in ("oneOf", "anyOf"):
        if key in part:
            return resolved(schema, part[key][0])
    return part


def types_of(part: Json) -> set[str]:
    """Return the JSON types that a part allows."""
    kind = part.get("type", "string")
    return set(kind) if isinstance(kind, list) else {kind}


def wrong_values(schema: Json, asked: Json) -> Iterator[Any]:
    """Return values that a field must refuse."""
    part = resolved(schema, asked)
    types = types_of(part)
    allows_null = "null" in types or any(
        types_of(one) == {"null"} for one in asked.get("oneOf", ()) if "$ref" not in one
    )
    if not allows_null:
        yield None
    if "string" in types:
        yield from wrong_texts(part)
    elif types & {"integer", "number"}:
        yield from ("1", "", True, 1.5, [1], {}, LARGE, -LARGE)
        yield from (part[key] + step for key, step in (("minimum", -1), ("maximum", 1)) if key in part)
    elif "boolean" in types:
        yield from ("yes", 0, 1, "true", [], {})
    elif "array" in types:
        yield from ("text", 0, {}, [None], [0], [[]])
        if "maxItems" in part:
            yield [None] * (part["maxItems"] + 1)
    else:
        yield from ("text", 0, [], True)


def wrong_texts(part: Json) -> Iterator[Any]:
    """Return values that a text must refuse."""
    yield from (0, 1.5, True, [], ["text"], {}, LARGE)
    if "maxLength" in part:
        yield "x" * (part["maxLength"] + 1)
    if part.get("minLength"):
        yield from ("", "  ")
    if part.keys() & {"enum", "format"}:
        yield from ("nothing of the kind", "\N{PILE OF POO}")


def fields_of(
    schema: Json, part: Json, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """Return every field below a body with its path."""
    whole = resolved(schema, part)
    for name, inner in whole.get("properties", {}).items():
        yield (*path, name), inner
        content = resolved(schema, inner)
        if len(path) < MAX_DEPTH and "properties" in content:
            yield from fields_of(schema, inner, (*path, name))
        items = content.get("items")
        if len(path) < MAX_DEPTH and items and "properties" in resolved(schema, items):
            yield from fields_of(schema, items, (*path, name, 0))


def with_value(body: Any, path: tuple[str | int, ...], value: Any, filler: Any) -> Any:
    """Return the body with a value at a path; ``filler(path)`` makes what is missing on the way."""
    whole = dict(body)
    place: Any = whole
    for depth, key in enumerate(path[:-1], start=1):
        if isinstance(key, str) and (key not in place or place[key] is None):
            place[key] = filler(path[:depth])
        place[key] = [*place[key]] if isinstance(place[key], list) else dict(place[key])
        place = place[key]
    place[path[-1]] = value
    return whole

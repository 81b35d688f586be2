"""Sample values from a schema: what a reader would type first."""

from typing import Any

FORMATS = {
    "uuid": "01900000-0000-7000-8000-000000000000",
    "date-time": "2026-06-01T12:00:00Z",
    "date": "2026-06-01",
    "email": "somebody@example.com",
    "uri": "https://example.com/",
}
NAMES = {
    "country": "SE",
    "currency": "EUR",
    "amount": "12.34",
    "rate": "7.5",
    "postcode": "111 22",
    "city": "Stockholm",
    "name": "Alma Berg",
    "line1": "Drottninggatan 1",
}
PLAIN: dict[str, Any] = {"integer": 1, "number": 1, "boolean": True, "null": None}
MAX_DEPTH = 8


def sample(schema: dict[str, Any], part: dict[str, Any], name: str = "", depth: int = 0) -> Any:
    """Return a value for a part of the schema; objects get their required properties."""
    if "$ref" in part:
        part = schema["components"]["schemas"][part["$ref"].rsplit("/", maxsplit=1)[-1]]
    for key in ("example", "default", "const"):
        if key in part:
            return part[key]
    if part.get("examples"):
        return part["examples"][0]
    if part.get("enum"):
        return part["enum"][0]
    for key in ("allOf", "oneOf", "anyOf"):
        if part.get(key):
            return sample(schema, part[key][0], name, depth + 1)
    return _by_type(schema, part, name, depth)


def _by_type(schema: dict[str, Any], part: dict[str, Any], name: str, depth: int) -> Any:
    kind = part.get("type", "object")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object":
        wanted = part.get("required", ()) if depth < MAX_DEPTH else ()
        known = part.get("properties", {})
        return {key: sample(schema, known[key], key, depth + 1) for key in wanted if key in known}
    if kind == "array":
        return [sample(schema, part.get("items", {}), name, depth + 1)] if depth < MAX_DEPTH else []
    if kind == "string":
        return NAMES.get(name) or FORMATS.get(part.get("format", ""), "text"[: part.get("maxLength", 4)])
    return max(PLAIN[kind], part.get("minimum", 1)) if kind in {"integer", "number"} else PLAIN[kind]

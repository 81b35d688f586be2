"""The refusals of the API, as the schema tells them."""

from typing import Any

PROBLEM = {"$ref": "#/components/schemas/Problem"}
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Why a request was refused (RFC 9457). Some codes add members of their own.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "For people; may change."},
        "code": {"type": "string", "description": "For programs; never changes.", "examples": ["not_found"]},
        "request_id": {"type": "string"},
        "errors": {
            "type": "object",
            "description": "Messages by the name of the field.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}
REFUSALS = {
    "400": "Something in the request is not valid.",
    "401": "The credentials are missing, wrong or have run out.",
    "403": "The caller may not do this.",
    "404": "There is no such thing, or it is another's.",
    "406": "The answer exists in another form only.",
    "409": "This contradicts what is.",
    "412": "The thing changed since `If-Match` was read.",
    "413": "The request is too large.",
    "414": "The address is too long; the server in front says so, in its own words.",
    "415": "The body is of a kind that is not read here.",
    "422": "The request is well formed, and cannot be done.",
    "429": "Too many requests; `Retry-After` says when to go on.",
    "503": "Too many want this at once; try again after `Retry-After` seconds.",
}


def refusal(status: str) -> dict[str, Any]:
    """Return the answer of the schema for a refusal; an address too long never reaches us."""
    if status == "414":
        return {"description": REFUSALS[status]}
    return {"description": REFUSALS[status], "content": {"application/problem+json": {"schema": PROBLEM}}}

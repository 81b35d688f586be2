"""Completes the schema: the refusals of every operation, summaries, tags, and who may call without signing in."""

from collections.abc import Iterator
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
WRITES = frozenset({"post", "put", "patch", "delete"})
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
    "409": "This contradicts what is.",
    "412": "The thing changed since `If-Match` was read.",
    "413": "The request is too large.",
    "415": "The body is of a kind that is not read here.",
    "422": "The request is well formed, and cannot be done.",
    "429": "Too many requests.",
}
TAGS = {
    "users": "Accounts and roles.",
    "addresses": "Postal addresses of the person who is signed in.",
    "categories": "The tree of the catalogue.",
    "products": "What is sold.",
    "variants": "The forms of a product, each with a SKU and a price.",
    "media": "Pictures.",
    "stock": "How much there is of each SKU.",
    "carts": "What somebody means to buy.",
    "orders": "What was bought: payment, delivery and refunds.",
    "messages": "Mails that went out.",
    "shop": "How the shop is set up.",
    "product-imports": "Product files that are being read in.",
    "stock-movements": "Every change of stock, with its reason.",
    "shipping-methods": "How parcels travel, and for how much.",
    "tax-rates": "Tax by country and class.",
}
VERBS = {"get": "Read", "post": "Create", "put": "Replace", "patch": "Change", "delete": "Delete"}


def complete(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:  # noqa: ARG001, FBT001 - drf-spectacular's signature
    """Return the schema with what every operation has in common."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    used: set[str] = set()
    for path, method, operation in _operations(result):
        used.update(operation.get("tags", ()))
        operation.setdefault("summary", _summary(path, method, operation))
        operation.setdefault("description", f"{operation['summary']}.")
        if {} in operation.setdefault("security", []):
            operation["security"] = []
        for status in _statuses(path, method, operation):
            operation["responses"].setdefault(status, _refusal(REFUSALS[status]))
        if method in {"put", "patch", "delete"} and "{" in path:
            operation.setdefault("parameters", []).append(IF_MATCH)
    _strip(result)
    result["tags"] = [{"name": tag, "description": TAGS.get(tag, f"About {tag}.")} for tag in sorted(used)]
    return result


IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag that was read; the write is refused when the thing changed since.",
    "schema": {"type": "string"},
}


def _strip(tree: Any) -> None:
    """Remove the marks that the generator leaves for its own use."""
    if isinstance(tree, dict):
        tree.pop("x-spec-enum-id", None)
    for branch in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(branch, (dict, list)):
            _strip(branch)


def _operations(result: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in result.get("paths", {}).items():
        for method, operation in methods.items():
            if method in METHODS:
                yield path, method, operation


def _statuses(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    found = ["400", "401", "403", "429"]
    if "{" in path:
        found.append("404")
    if method in WRITES:
        found.append("409")
    if method in {"put", "patch", "delete"} and "{" in path:
        found.append("412")
    if "requestBody" in operation:
        found += ["413", "415"]
    if method == "post":
        found.append("422")
    return sorted(found)


def _refusal(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/problem+json": {"schema": PROBLEM}}}


def _summary(path: str, method: str, operation: dict[str, Any]) -> str:
    """Return a short sentence: the first line of the description, else verb and subject."""
    first: str = operation.get("description", "").strip().split("\n", maxsplit=1)[0].rstrip(".")
    if first and len(first) <= 80:  # noqa: PLR2004 - fits one line of a table of contents
        return first
    parts = [part for part in path.removeprefix("/api/v1/").split("/") if part]
    names = " of ".join(part.replace("-", " ") for part in reversed(parts) if "{" not in part)
    is_list = method == "get" and not (parts and parts[-1].startswith("{"))
    return f"{'List' if is_list else VERBS.get(method, method.title())} {names}"

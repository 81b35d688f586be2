"""Completes the schema: the refusals of every operation, summaries, tags, and who may call without signing in."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from api.refusals import PROBLEM_SCHEMA, refusal

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
WRITES = frozenset({"post", "put", "patch", "delete"})
TAGS = {
    "users": "Accounts and roles.",
    "tokens": "Personal access tokens of the person who is signed in.",
    "events": "What services tell each other: what waits, what failed, and having it done again.",
    "groups": "Permission groups: what people who are no admins may do in the back office.",
    "auth": "Credentials exchanged for short-lived tokens, for a proxy before other services.",
    "audit": "What people did at the door and staff did in the shop.",
    "oauth-clients": "Programs that people may let act for them, or that act for themselves.",
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
    "reservations": "What orders hold and took of the stock.",
    "stock-movements": "Every change of stock, with its reason.",
    "shipping-methods": "How parcels travel, and for how much.",
    "tax-rates": "Tax by country and class.",
    "payments": "Where payment providers report.",
    "vouchers": "Codes that take something off an order.",
}
PATH_NAMES = {
    "id": "Which one.",
    "job_id": "Which import.",
    "line_id": "Which line.",
    "order_id": "Which order.",
    "user_id": "Whose account.",
    "sku": "Which SKU.",
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
        operation["description"] += _scope_sentence(operation)
        for parameter in operation.get("parameters", ()):
            parameter.setdefault("description", PATH_NAMES.get(parameter["name"], f"Its {parameter['name']}."))
        operation.setdefault("security", [])
        for status in _statuses(path, method, operation):
            operation["responses"].setdefault(status, refusal(status))
    _strip(result)
    result["tags"] = [{"name": tag, "description": TAGS.get(tag, f"About {tag}.")} for tag in sorted(used)]
    return result


def _strip(tree: Any) -> None:
    """Remove the marks that the generator leaves for its own use, and detours that OpenAPI 3.1 does not need."""
    if isinstance(tree, dict):
        tree.pop("x-spec-enum-id", None)
        if len(tree.get("allOf", ())) == 1:
            tree.update(tree.pop("allOf")[0])
        if _takes_nothing_twice(tree.get("oneOf", ())):
            tree.update(tree.pop("oneOf")[0])
    for branch in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(branch, (dict, list)):
            _strip(branch)


def _takes_nothing_twice(choices: Sequence[dict[str, Any]]) -> bool:
    """Tell whether a text may be empty by its own pattern, and once more beside it: then it would be neither."""
    if list(choices[1:]) != [{"type": "string", "maxLength": 0}]:
        return False
    return bool("pattern" in choices[0] and re.search(choices[0]["pattern"], ""))


def _operations(result: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in result.get("paths", {}).items():
        for method, operation in methods.items():
            if method in METHODS:
                yield path, method, operation


def _scope_sentence(operation: dict[str, Any]) -> str:
    """Say what a token needs here, for readers of the pages."""
    scopes = [scope for way in operation.get("security", ()) for names in way.values() for scope in names]
    return f"\n\nA token with scopes needs `{scopes[0]}`." if scopes else ""


def _statuses(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    found = ["400", "401", "403", "406", "429", "503"]
    if "{" in path or method == "post":
        found.append("404")
    if method == "get":
        found.append("414")
    if method in WRITES:
        found.append("409")
    if "requestBody" in operation:
        found += ["413", "415"]
    if method == "post":
        found.append("422")
    return sorted(found)


def _summary(path: str, method: str, operation: dict[str, Any]) -> str:
    """Return a short sentence: the first line of the description, else verb and subject."""
    first: str = operation.get("description", "").strip().split("\n", maxsplit=1)[0].rstrip(".")
    if first and len(first) <= 80:  # noqa: PLR2004 - fits one line of a table of contents
        return first
    parts = [part for part in path.removeprefix("/api/v1/").split("/") if part]
    names = " of ".join(part.replace("-", " ") for part in reversed(parts) if "{" not in part)
    is_list = method == "get" and not (parts and parts[-1].startswith("{"))
    return f"{'List' if is_list else VERBS.get(method, method.title())} {names}"

"""A Postman collection (v2.1) from the schema: a purchase and the staff's work, which run from top to bottom, then every operation."""

import json
import re
from typing import Any

from api.postman_journey import JOURNEY, Step
from api.postman_staff import staff_steps
from api.samples import sample

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
METHODS = ("get", "post", "put", "patch", "delete")
VARIABLES = {
    "baseUrl": "http://127.0.0.1:8000",
    "email": "super@example.com",
    "password": "",
    "sessionToken": "",
}
Json = dict[str, Any]


def collection(schema: Json, *, base_url: str = "") -> Json:
    """Return the collection for a schema."""
    variables = VARIABLES | ({"baseUrl": base_url} if base_url else {})
    return {
        "info": {
            "name": f"{schema['info']['title']} API",
            "description": "Generated from the OpenAPI schema. Set `password` to run the steps of the staff too.",
            "schema": SCHEMA,
        },
        "variable": [{"key": name, "value": value} for name, value in variables.items()],
        "item": [
            {"name": "A purchase, step by step", "item": [_step(step) for step in JOURNEY]},
            {"name": "One of everything, by the staff", "item": [_step(step) for step in staff_steps()]},
            *_reference(schema),
        ],
    }


def _step(step: Step) -> Json:
    headers = [{"key": name, "value": value} for name, value in step.headers.items()]
    checks = [f"pm.test('answers {step.status}', () => pm.response.to.have.status({step.status}));", *step.script]
    if step.is_staff:
        headers.append({"key": "X-Session-Token", "value": "{{sessionToken}}"})
        checks = ["if (pm.variables.get('sessionToken')) {", *checks, "}"]
    before = ["if (!pm.variables.get('password')) pm.execution.skipRequest();"] if step.needs_password else []
    return _item(step.name, step.method, step.path, headers=headers, body=step.body, before=before, checks=checks)


def _reference(schema: Json) -> list[Json]:
    """Return a folder for each tag; each request is sent by nobody and checked against the declared answers."""
    folders: dict[str, list[Json]] = {}
    for path, methods in schema["paths"].items():
        for method in METHODS:
            if method in methods:
                tag = methods[method].get("tags", ["api"])[0]
                folders.setdefault(tag, []).append(_operation(schema, path, method, methods[method]))
    return [{"name": tag, "item": items} for tag, items in sorted(folders.items())]


def _operation(schema: Json, path: str, method: str, operation: Json) -> Json:
    declared = sorted(int(status) for status in operation["responses"] if status.isdigit())
    headers = [
        {"key": one["name"], "value": "{{$guid}}", "description": one.get("description", "")}
        for one in operation.get("parameters", ())
        if one["in"] == "header" and one.get("required")
    ]
    content = operation.get("requestBody", {}).get("content", {})
    body = sample(schema, content["application/json"]["schema"]) if "application/json" in content else None
    checks = [
        f"pm.test('answers as the schema says', () => pm.expect({declared}).to.include(pm.response.code));",
        "pm.test('tells the request id', () => pm.response.to.have.header('X-Request-ID'));",
    ]
    address = re.sub(r"\{\w+\}", "01900000-0000-7000-8000-000000000000", path)
    return _item(operation["summary"], method.upper(), address, headers=headers, body=body, before=[], checks=checks)


def _item(
    name: str, method: str, path: str, *, headers: list[Json], body: Any, before: list[str], checks: list[str]
) -> Json:
    request: Json = {
        "method": method,
        "header": [{"key": "Accept", "value": "application/json"}, *headers],
        "url": _url(path),
    }
    if body is not None:
        request["body"] = {"mode": "raw", "raw": _text(body), "options": {"raw": {"language": "json"}}}
        request["header"].append({"key": "Content-Type", "value": "application/json"})
    events = [("prerequest", before), ("test", checks)]
    return {
        "name": name,
        "request": request,
        "event": [
            {"listen": kind, "script": {"type": "text/javascript", "exec": lines}} for kind, lines in events if lines
        ],
    }


def _url(path: str) -> Json:
    address, _, query = path.partition("?")
    url: Json = {
        "raw": "{{baseUrl}}" + path,
        "host": ["{{baseUrl}}"],
        "path": address.strip("/").split("/") + ([""] if address.endswith("/") else []),
    }
    if query:
        url["query"] = [dict(zip(("key", "value"), part.split("=", 1), strict=True)) for part in query.split("&")]
    return url


def _text(body: Any) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)

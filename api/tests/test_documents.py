"""The schema is complete, and what shows it loads nothing from another host."""

import re
from typing import Any

import orjson
import pytest

from api.postman import collection
from api.views import schema_text

pytestmark = pytest.mark.once

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def schema() -> Any:
    return orjson.loads(schema_text("json"))


def operations(schema: Any) -> list[tuple[str, str, Any]]:
    return [
        (method, path, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_the_schema_is_openapi_3_1_with_licence_and_described_tags(schema: Any) -> None:
    used = {tag for _, _, operation in operations(schema) for tag in operation["tags"]}

    assert schema["openapi"] == "3.1.0"
    assert schema["info"]["license"] == {"name": "MIT", "identifier": "MIT"}
    assert {tag["name"] for tag in schema["tags"]} == used
    assert all(tag["description"] and "About" not in tag["description"] for tag in schema["tags"])


def test_every_operation_has_a_summary_and_says_who_may_call(schema: Any) -> None:
    incomplete = [
        (method, path) for method, path, one in operations(schema) if not one.get("summary") or "security" not in one
    ]

    assert incomplete == []


def test_every_operation_declares_its_refusals_as_problems(schema: Any) -> None:
    problem = {"$ref": "#/components/schemas/Problem"}

    for method, path, operation in operations(schema):
        refusals = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert {"400", "401", "403", "429"} <= set(refusals), (method, path)
        assert refusals["400"]["content"]["application/problem+json"]["schema"] == problem
        assert ("404" in refusals) or "{" not in path


def test_a_text_that_may_be_empty_is_described_once(schema: Any) -> None:
    line2 = schema["components"]["schemas"]["Address"]["properties"]["line2"]

    assert (line2["type"], line2["maxLength"], "minLength" in line2) == ("string", 200, False)
    assert re.search(line2["pattern"], "")
    assert not re.search(line2["pattern"], "a\nb")


def test_nothing_is_nullable_in_the_old_way(schema: Any) -> None:
    assert b'"nullable"' not in orjson.dumps(schema)


def test_lists_answer_in_the_one_envelope(schema: Any) -> None:
    pages = [one for name, one in schema["components"]["schemas"].items() if name.startswith("Paginated")]

    assert pages
    assert all(set(page["properties"]) == {"results", "next", "previous", "count", "count_is_capped"} for page in pages)


def test_the_schema_is_answered_as_json_and_yaml(client: Any) -> None:
    json = client.get("/api/v1/schema/?format=json")
    yaml = client.get("/api/v1/schema/?format=yaml")
    neither = client.get("/api/v1/schema/?format=xml")

    assert json.json()["openapi"] == "3.1.0"
    assert yaml.content.startswith(b"openapi: 3.1.0")
    assert (neither.status_code, neither.json()["code"]) == (400, "invalid_query")


@pytest.mark.parametrize("name", ["docs", "redoc"])
def test_the_documents_load_only_what_is_ours(client: Any, name: str) -> None:
    page = client.get(f"/api/v1/{name}/")
    sources = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())

    assert page.status_code == 200
    assert all(source.startswith(("/static/", "/api/")) for source in sources)
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]


def test_the_index_names_every_collection(client: Any) -> None:
    found = client.get("/api/v1/").json()["collections"]

    assert {"users", "addresses", "categories", "products", "variants", "media", "stock", "carts", "orders"} <= set(
        found
    )
    assert found["products"] == "http://testserver/api/v1/products/"


def test_the_codes_are_where_the_type_of_a_problem_leads(client: Any) -> None:
    codes = {row["code"]: row["status"] for row in client.get("/api/v1/errors/").json()["results"]}

    assert codes["not_found"] == 404
    assert codes["out_of_stock"] == 409


def test_the_collection_has_the_journey_first_and_then_every_operation(schema: Any) -> None:
    made = collection(schema, base_url="http://shop")
    requests = [item for folder in made["item"][2:] for item in folder["item"]]

    assert made["item"][0]["name"] == "A purchase, step by step"
    assert len(requests) == len(operations(schema))
    assert {"key": "baseUrl", "value": "http://shop"} in made["variable"]

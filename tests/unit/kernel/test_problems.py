"""Whatever goes wrong, the API answers with a problem that has a stable code and names the field."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from kernel.http.json import MOST_VALUES
from kernel.http.problem import MOST_ERRORS
from kernel.http.security import SecurityHeadersMiddleware
from kernel.http.validation import MOST_UNKNOWN

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.unit.kernel.addresses")]

PRICE = {"amount": "1.50", "currency": "EUR"}
ADDRESS = {"name": "A", "line1": "B", "postcode": "1", "city": "C", "country": "SE"}


def post(api: Any, body: Any, **extra: Any) -> Any:
    return api.post("/api/v1/echo/", body, format="json", **extra)


def test_money_is_read_and_written_exactly(api: Any) -> None:
    answer = post(api, {"price": PRICE})

    assert answer.json() == {"price": {"amount": "1.50", "currency": "EUR"}}
    assert answer.headers["RateLimit-Limit"]


@pytest.mark.parametrize(
    ("body", "fields", "code"),
    [
        ({}, ["price"], "invalid"),
        ({"price": PRICE, "colour": 1}, ["colour"], "unknown_field"),
        ({"price": {**PRICE, "tax": "1"}}, ["price.tax"], "unknown_field"),
        ({"price": {"amount": 1.5, "currency": "EUR"}}, None, None),
        ({"price": {"amount": "1.505", "currency": "EUR"}}, ["price.amount"], "invalid"),
        ({"price": {"amount": "-1", "currency": "EUR"}}, ["price.amount"], "invalid"),
        ({"price": {"amount": "1" * 18, "currency": "EUR"}}, ["price.amount"], "invalid"),
        ({"price": {"amount": "1", "currency": "XYZ"}}, ["price.currency"], "invalid"),
        ({"price": PRICE, "lines": [{"sku": "A", "quantity": 0}]}, ["lines.0.quantity"], "invalid"),
        ({"price": PRICE, "lines": [{"sku": "A", "quantity": 10**18}]}, ["lines.0.quantity"], "invalid"),
        ({"price": PRICE, "address": {**ADDRESS, "country": "ZZ"}}, ["address.country"], "invalid"),
        ([1], ["non_field_errors"], "invalid"),
    ],
)
def test_a_bad_field_is_named(api: Any, body: Any, fields: list[str] | None, code: str | None) -> None:
    answer = post(api, body)

    if fields is None:
        assert answer.status_code in {200, 400}
        return
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert list(answer.json()["errors"]) == fields
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"price": NaN}',
        b'"\xff"',
        b'{"price": "\\u0000"}',
        b"[1e999]",
        b"[99999999999999999999]",
        b"[" * 30 + b"]" * 30,
    ],
)
def test_what_is_not_json_or_cannot_be_kept_is_malformed(api: Any, body: bytes) -> None:
    answer = api.generic("POST", "/api/v1/echo/", body, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_a_body_of_another_kind_or_size_is_refused(api: Any) -> None:
    xml = api.generic("POST", "/api/v1/echo/", b"<a/>", content_type="application/xml")
    large = api.generic("POST", "/api/v1/echo/", b" " * (1024 * 1024 + 1), content_type="application/json")

    assert (xml.status_code, xml.json()["code"]) == (415, "unsupported_media_type")
    assert (large.status_code, large.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "body",
    [[0] * MOST_VALUES, {str(number): 0 for number in range(MOST_VALUES // 2)}, [[{"a": 0}] * 2] * (MOST_VALUES // 6)],
    ids=["list", "names", "nested"],
)
def test_a_body_of_thousands_of_values_is_too_large(api: Any, body: Any) -> None:
    answer = post(api, body)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_of_thousands_of_unknown_properties_a_few_are_named(api: Any) -> None:
    answer = post(api, {str(number): 0 for number in range(MOST_VALUES // 2 - 1)})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
    assert list(answer.json()["errors"]) == [str(number) for number in range(MOST_UNKNOWN)]


def test_a_list_that_is_too_long_is_refused_as_a_whole(api: Any) -> None:
    answer = post(api, {"price": PRICE, "words": ["too long"] * 6})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["errors"] == {"words": ["Ensure this field has no more than 5 elements."]}


def test_of_thousands_of_errors_a_hundred_are_told(api: Any) -> None:
    answer = post(api, {"price": PRICE, "lines": [{"sku": "A", "quantity": 0}] * 1000})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert list(answer.json()["errors"]) == [f"lines.{place}.quantity" for place in range(MOST_ERRORS)]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("conflict", 409, "conflict"), ("missing", 404, "not_found"), ("integrity", 409, "conflict")],
)
def test_a_refusal_of_a_service_becomes_a_problem(api: Any, kind: str, status: int, code: str) -> None:
    answer = api.get(f"/api/v1/fail/{kind}/")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "secret words" not in answer.content.decode()


def test_members_of_a_refusal_travel_as_json(api: Any) -> None:
    assert api.get("/api/v1/fail/conflict/").json()["left"] == {"amount": "0.05", "currency": "EUR"}


def test_a_fault_of_ours_says_nothing_but_its_request_id(api: Any) -> None:
    api.raise_request_exception = False

    answer = api.get("/api/v1/fail/fault/", headers={"X-Request-ID": "abcdefgh-1"})

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"] == "abcdefgh-1"
    assert "secret words" not in answer.content.decode()


def test_unknown_addresses_and_methods_are_problems_too(api: Any) -> None:
    missing = api.get("/api/v1/nothing/")
    wrong = api.put("/api/v1/echo/")

    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["Allow"] == "POST, OPTIONS"


def test_a_malformed_request_id_is_replaced(api: Any) -> None:
    answer = api.get("/api/v1/nothing/", headers={"X-Request-ID": "<script>"})

    assert len(answer.headers["X-Request-ID"]) == 36


def test_every_answer_carries_the_strict_policy(api: Any) -> None:
    headers = api.get("/api/v1/nothing/").headers

    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_a_client_that_asks_too_often_is_told_when_to_come_back(api: Any, settings: Any) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "default": "2/hour"}
    api.defaults["REMOTE_ADDR"] = "203.0.113.7"

    answers = [post(api, {"price": PRICE}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "throttled"
    assert 3500 < int(answers[2].headers["Retry-After"]) <= 3601


def test_the_probes_answer_any_host(api: Any) -> None:
    alive = api.get("/livez", headers={"Host": "10.0.0.1"})
    ready = api.get("/readyz", headers={"Host": "10.0.0.1"})

    assert (alive.status_code, ready.status_code) == (200, 200)


@pytest.mark.parametrize(
    ("headers", "rule"),
    [
        ({}, "private, no-cache"),
        ({"X-Cart-Token": "x"}, "private, no-store"),
        ({"X-Session-Token": "x"}, "private, no-store"),
        ({"Cookie": "sessionid=x"}, "private, no-store"),
    ],
)
def test_what_may_be_somebodys_is_kept_by_no_cache(headers: dict[str, str], rule: str) -> None:
    middleware = SecurityHeadersMiddleware(lambda _request: HttpResponse("Ann's"))

    answer = middleware(RequestFactory(headers=headers).get("/dashboard/"))

    assert answer.headers["Cache-Control"] == rule


def test_nor_is_what_a_guests_link_opens() -> None:
    middleware = SecurityHeadersMiddleware(lambda _request: HttpResponse("Ann's order"))

    answer = middleware(RequestFactory().get("/api/v1/orders/1/", {"token": "x"}))

    assert answer.headers["Cache-Control"] == "private, no-store"


def test_what_is_everybodys_says_so_itself() -> None:
    public = HttpResponse("a mug", headers={"Cache-Control": "public, max-age=0"})

    answer = SecurityHeadersMiddleware(lambda _request: public)(RequestFactory().get("/"))

    assert answer.headers["Cache-Control"] == "public, max-age=0"


@pytest.mark.parametrize("length", ["²", "٣", "-1", "1e3", " 5"])
def test_a_length_in_other_digits_is_no_length(api: Any, length: str) -> None:
    answer = api.generic("POST", "/api/v1/echo/", b"{}", content_type="application/json", CONTENT_LENGTH=length)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")

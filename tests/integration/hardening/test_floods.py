"""Too much of anything gets an answer at once, and no more than that."""

import time
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.conf import LazySettings
from django.test import Client
from rest_framework.test import APIClient

from kernel.http import throttles
from kernel.http.json import MOST_VALUES
from tests.fixtures import sign_in_afresh
from tests.integration.hardening.addresses import SAMPLES

pytestmark = pytest.mark.django_db
MEBIBYTE = 1024 * 1024
BOMBS = {
    "nested": b"[" * 100_000 + b"]" * 100_000,
    "nested objects": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "never closed": b"[" * 500_000,
    "huge number": b'{"email": ' + b"9" * 500_000 + b"}",
    "exponent": b'{"email": 1e999999999}',
    "twice": b'{"email": "a", "email": {"$gt": ""}}',
    "nul": b'{"email": "\\u0000"}',
    "half a sign": b'{"email": "\\ud800"}',
    "not utf-8": b'{"email": "\xff\xfe"}',
    "constant": b'{"email": NaN}',
    "list": b"[]",
    "nothing": b"",
    "too large": b'{"email": "' + b"a" * (MEBIBYTE + 1) + b'"}',
}

CROWDED = (
    "/api/v1/carts/",
    "/api/v1/orders/",
    "/api/v1/tokens/",
    "/api/v1/products/",
    "/_allauth/app/v1/auth/login",
)
JUST_READ = MOST_VALUES - 10
CROWDS = {
    "names": {f"{number:x}": 0 for number in range(100_000)},
    "names that are read": {f"{number:x}": 0 for number in range(JUST_READ // 2)},
    "scopes": {"name": "x", "scopes": ["a"] * 100_000},
    "scopes that are read": {"name": "x", "scopes": ["a"] * JUST_READ},
    "objects": {"lines": [{"a": 0}] * (JUST_READ // 3)},
    "variants": {"name": "x", "variants": [{f"{number}": 0 for number in range(30)}] * 250},
    "options": {"name": "x", "variants": [{"price": {}, "options": {f"{number:x}": "" for number in range(9_000)}}]},
    "attributes": {"name": "x", "variants": [{}], "attributes": {f"{number:x}": "" for number in range(9_000)}},
}


@pytest.fixture(autouse=True)
def _counts_from_nothing() -> Iterator[None]:
    throttles._limiter.cache_clear()
    yield
    throttles._limiter.cache_clear()


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("path", ["/api/v1/orders/", "/_allauth/app/v1/auth/login", "/_allauth/app/v1/auth/signup"])
def test_a_body_made_to_hurt_is_refused_quickly(client: Client, path: str, name: str) -> None:
    began = time.thread_time()

    answer = client.post(
        path, BOMBS[name], content_type="application/json", headers={"Idempotency-Key": f"bomb-{name}"}
    )

    assert answer.status_code in {400, 413, 422}
    assert time.thread_time() - began < 2


@pytest.mark.parametrize("called", ["text/plain", "", "multipart/form-data; boundary=x", "application/vnd.api+json"])
@pytest.mark.parametrize("name", BOMBS)
def test_a_body_made_to_hurt_is_refused_by_whatever_name_it_is_called(client: Client, name: str, called: str) -> None:
    answer = client.post("/_allauth/app/v1/auth/login", BOMBS[name], content_type=called)

    assert answer.status_code in {400, 413}


@pytest.mark.parametrize("name", CROWDS)
@pytest.mark.parametrize("path", CROWDED)
def test_thousands_of_values_are_refused_quickly_and_in_few_words(staff: Any, path: str, name: str) -> None:
    api = sign_in_afresh(APIClient(), staff)
    api.post(path, {}, headers={"Idempotency-Key": "first"})  # what is loaded once is loaded
    body = orjson.dumps(CROWDS[name])
    began = time.thread_time()

    answer = api.generic("POST", path, body, "application/json", headers={"Idempotency-Key": f"crowd-{name}"})

    assert time.thread_time() - began < 1
    assert answer.status_code in {400, 409, 413}
    assert len(answer.content) < 20_000


def test_the_largest_product_is_read(staff: Any) -> None:
    price = {"amount": "12.50", "currency": "EUR"}
    said = {"barcode": "1", "weight_grams": 1, "requires_shipping": True, "is_taxable": True, "low_stock_mark": 1}
    variants = [
        {**said, "sku": f"S-{n}", "price": price, "compare_at_price": price, "options": {"Size": str(n), "Form": "A"}}
        for n in range(250)
    ]
    product = {
        "name": "Shelf",
        "tags": [f"tag {number}" for number in range(250)],
        "attributes": {f"Name {number}": "oak" for number in range(100)},
        "options": [{"name": "Size", "values": [str(n) for n in range(250)]}, {"name": "Form", "values": ["A"]}],
        "variants": variants,
    }

    answer = sign_in_afresh(APIClient(), staff).post("/api/v1/products/", product)

    assert answer.status_code == 201, answer.content
    assert len(answer.json()["variants"]) == 250


@pytest.mark.parametrize("letters", ["punycode", "idna", "utf-16", "latin-1", "unicode_escape", "undefined"])
@pytest.mark.parametrize("path", ["/accounts/login/", "/api/v1/carts/", "/_allauth/browser/v1/auth/login"])
def test_nobody_chooses_by_which_codec_his_letters_are_read(path: str, letters: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get("/accounts/login/")
    body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"a-" * 400_000 + b"\r\n--x--\r\n"
    began = time.thread_time()

    answer = client.generic("POST", path, body, f"multipart/form-data; boundary=x; charset={letters}")

    assert answer.status_code == 415
    assert time.thread_time() - began < 2


@pytest.mark.parametrize("letters", ["UTF-8", "utf8", "us-ascii", "no-such-letters"])
def test_letters_that_are_utf_8_are_read(client: Client, letters: str) -> None:
    answer = client.generic("POST", "/api/v1/carts/", b"{}", f"application/json; charset={letters}")

    assert answer.status_code == 201


def test_a_length_of_thousands_of_digits_is_too_large(client: Client) -> None:
    answer = client.post("/accounts/login/", "", content_type="text/plain", headers={"Content-Length": "9" * 5000})

    assert answer.status_code == 413


@pytest.mark.parametrize(
    "path",
    ["/checkout/", f"/orders/{SAMPLES[0]}/pay/", f"/orders/{SAMPLES[0]}/pay/confirm/"],
    ids=["order", "pay", "3d"],
)
def test_trying_cards_and_placing_orders_in_a_row_is_stopped(client: Client, settings: LazySettings, path: str) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "checkout": "3/minute"}

    answers = [client.post(path, {"number": "4242424242424242"}) for _ in range(4)]

    assert 429 not in [answer.status_code for answer in answers[:3]]
    assert answers[3].status_code == 429
    assert 1 <= int(answers[3]["Retry-After"]) <= 61
    assert "Too many tries" in answers[3].content.decode()
    assert client.get(path).status_code != 429


def test_one_clients_flood_does_not_stop_another(client: Client, settings: LazySettings) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "checkout": "1/minute"}
    flood = [client.post("/checkout/").status_code for _ in range(3)]

    other = client.post("/checkout/", REMOTE_ADDR="192.0.2.77")
    forged = client.post("/checkout/", headers={"X-Forwarded-For": "192.0.2.78"})

    assert flood[1:] == [429, 429]
    assert (other.status_code == 429, forged.status_code) == (False, 429)


@pytest.mark.parametrize(
    ("scope", "path"),
    [("search", "/products/?search=mug"), ("checkout", f"/orders/{SAMPLES[0]}/pay/return/")],
    ids=["searching", "asking what became of a payment"],
)
def test_looking_at_what_costs_is_limited_too(client: Client, settings: LazySettings, scope: str, path: str) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, scope: "2/minute"}

    answers = [client.get(path).status_code for _ in range(3)]

    assert (answers[:2].count(429), answers[2]) == (0, 429)
    assert client.get("/products/").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer saluhall_pat_" + "x" * 43},
        {"Authorization": "Bearer x.y.z"},
        {"Authorization": "Basic eHg6eHg="},
        {"X-Session-Token": "x" * 32},
    ],
    ids=["none", "token", "jwt", "basic", "session"],
)
def test_who_is_refused_has_his_share_like_others(
    client: Client, settings: LazySettings, headers: dict[str, str]
) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "default": "2/minute"}

    answers = [client.get("/api/v1/users/", headers=headers).status_code for _ in range(3)]

    assert answers == [401, 401, 429]

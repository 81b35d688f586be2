"""Beyond what may wait, everybody is told at once to come back; probes and files always pass."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest

from kernel import deadline
from kernel.gate import Gate, place
from kernel.metrics import IN_FLIGHT, REFUSED

pytestmark = pytest.mark.once


@pytest.fixture
def at_the_door() -> Iterator[None]:
    place.is_refused = True
    yield
    place.is_refused = False
    place.arrived = None


@pytest.fixture
def gate() -> Gate:
    def application(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [("X-Over", str(deadline.is_over()))])
        return [b"served"]

    return Gate(application)


def ask(gate: Gate, path: str, method: str = "GET") -> tuple[str, dict[str, str], bytes]:
    told: list[Any] = []
    body = b"".join(gate({"PATH_INFO": path, "REQUEST_METHOD": method}, lambda *what: told.extend(what)))
    return told[0], dict(told[1]), body


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/static/css/shop.css"])
def test_probes_and_files_pass_when_there_is_no_room(gate: Gate, at_the_door: None, path: str) -> None:
    before = REFUSED._value.get()

    status, _headers, body = ask(gate, path)

    assert (status, body) == ("200 OK", b"served")
    assert REFUSED._value.get() == before


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v1/orders/", "application/problem+json"),
        ("/_allauth/app/v1/auth/login", "application/json"),
        ("/identity/o/api/token", "application/json"),
        ("/products/", "text/html; charset=utf-8"),
    ],
)
def test_who_finds_no_room_is_told_so_in_his_own_form(gate: Gate, at_the_door: None, path: str, kind: str) -> None:
    before = REFUSED._value.get()

    status, headers, body = ask(gate, path)

    assert status == "503 Service Unavailable"
    assert (headers["Content-Type"], headers["Retry-After"], headers["Cache-Control"]) == (kind, "2", "no-store")
    assert headers["Content-Length"] == str(len(body))
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert REFUSED._value.get() == before + 1


def test_the_api_is_told_a_stable_code(gate: Gate, at_the_door: None) -> None:
    _status, _headers, body = ask(gate, "/api/v1/orders/", "POST")

    assert orjson.loads(body)["code"] == "busy"


def test_only_a_page_that_was_looked_at_is_loaded_again_by_itself(gate: Gate, at_the_door: None) -> None:
    _status, looked_at, _body = ask(gate, "/cart/")
    _status, sent, _body = ask(gate, "/checkout/", "POST")

    assert (looked_at["Refresh"], "Refresh" in sent) == ("5", False)


def test_who_waited_too_long_is_not_begun(gate: Gate, at_the_door: None) -> None:
    place.is_refused = False
    place.arrived = time.monotonic() - 16

    status, _headers, _body = ask(gate, "/products/")

    assert status == "503 Service Unavailable"


def test_a_request_counts_while_it_is_worked_on_and_knows_its_deadline() -> None:
    began, may_end, counted = threading.Event(), threading.Event(), []

    def application(_environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        began.set()
        may_end.wait(10)
        counted.append(deadline.is_over())
        start("200 OK", [])
        return []

    gate = Gate(application)
    thread = threading.Thread(target=ask, args=(gate, "/products/"))
    thread.start()
    began.wait(10)
    meanwhile = IN_FLIGHT._value.get()
    may_end.set()
    thread.join(10)

    assert (meanwhile, IN_FLIGHT._value.get(), counted) == (1, 0, [False])

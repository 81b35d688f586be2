"""A request is refused without a thread only when it lies there whole; and whoever asked reads the refusal."""

import socket
from collections.abc import Iterator

import pytest

from kernel import refusing
from kernel.gate import Gate
from kernel.metrics import REFUSED

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not refusing.IS_POSSIBLE, reason="only where the system calls are as on Linux"),
]
ORDER = b"POST /api/v1/orders/?a=b HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (b"GET /products/?q=mug HTTP/1.1\r\nHost: shop\r\n\r\n", ("GET", "/products/")),
        (ORDER, ("POST", "/api/v1/orders/")),
        (ORDER.replace(b"Content-Length: 2", b"content-length:\t2 "), ("POST", "/api/v1/orders/")),
        (b"GET / HTTP/1.0\r\n\r\n", ("GET", "/")),
        (ORDER[:-1], None),
        (ORDER + b"GET / HTTP/1.1\r\n\r\n", None),
        (ORDER.replace(b"Content-Length: 2", b"Transfer-Encoding: chunked"), None),
        (ORDER.replace(b"Host: shop", b"Expect: 100-continue"), None),
        (b"GET /products/ HTTP/1.1\r\nHost: shop\r\n", None),
        (b"GET http://shop/products/ HTTP/1.1\r\n\r\n", None),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", None),
        (b"", None),
    ],
)
def test_only_a_whole_request_is_understood(seen: bytes, found: tuple[str, str] | None) -> None:
    assert refusing.whole_request(seen) == found


def test_looking_leaves_everything_where_it_is(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    theirs.send(ORDER)

    assert refusing.look(ours.fileno()) == refusing.look(ours.fileno()) == ORDER


def test_a_connection_that_says_nothing_is_not_waited_for(pair: tuple[socket.socket, socket.socket]) -> None:
    assert refusing.look(pair[0].fileno()) == b""


def test_nobody_is_taken_when_nobody_waits(listener: socket.socket) -> None:
    assert refusing.take(listener.fileno()) is None


def test_the_refusal_arrives_although_the_connection_is_closed_at_once(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname()) as theirs:
        theirs.sendall(ORDER)
        number = refusing.take(listener.fileno())
        assert number is not None
        refusing.answer(number, refusing.look(number), b"no room")
        refusing.close(number)

        assert theirs.recv(100) == b"no room"
        assert theirs.recv(100) == b""


def test_who_is_not_refused_goes_on_as_a_socket(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname()) as theirs:
        number = refusing.take(listener.fileno())
        assert number is not None
        ours, who = refusing.as_socket(number)
        with ours:
            ours.sendall(b"welcome")

            assert (theirs.recv(100), who) == (b"welcome", theirs.getsockname())


def test_who_left_is_no_error_for_whoever_refuses(listener: socket.socket) -> None:
    socket.create_connection(listener.getsockname()).close()
    number = refusing.take(listener.fileno())
    assert number is not None

    assert refusing.look(number) == b""
    refusing.answer(number, b"", b"no room")
    refusing.answer(number, b"", b"no room")  # the first was answered by a reset
    refusing.close(number)


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/static/css/shop.css"])
def test_what_always_passes_has_no_refusal(path: str) -> None:
    assert Gate(lambda _environ, _start: []).refusal("GET", path) is None


def test_a_refusal_on_the_wire_is_complete_and_counted() -> None:
    gate, before = Gate(lambda _environ, _start: []), REFUSED._value.get()

    head, _, body = (gate.refusal("POST", "/api/v1/orders/") or b"").partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")

    assert first == b"HTTP/1.1 503 Service Unavailable"
    assert {b"Retry-After: 2", b"Connection: close", b"Content-Length: %d" % len(body)} <= set(lines)
    assert b'"code":"busy"' in body.replace(b" ", b"")
    assert REFUSED._value.get() == before + 1


def test_who_asks_for_the_head_alone_gets_no_body() -> None:
    gate = Gate(lambda _environ, _start: [])

    assert (gate.refusal("HEAD", "/products/") or b"").endswith(b"\r\n\r\n")


def test_a_method_that_nobody_knows_is_left_to_the_parser() -> None:
    assert Gate(lambda _environ, _start: []).refusal("BREW", "/pot") is None

"""Clients who send slowly, or do not hang up, keep no place from others, and not the thread of everybody."""

import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from tests.integration.live_shop import LiveShop, running_shop

pytestmark = pytest.mark.once
THREADS = 2
PLACES = 4


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    with running_shop(
        tmp_path_factory.mktemp("shop"), SERVER_THREADS=str(THREADS), REQUESTS_WAITING=str(PLACES)
    ) as shop:
        requests.get(f"{shop.url}/", timeout=30)
        yield shop


def say(shop: LiveShop, content: bytes) -> socket.socket:
    at = urlsplit(shop.url)
    connection = socket.create_connection((at.hostname, at.port), timeout=30)
    connection.sendall(content)
    return connection


def seconds_of(shop: LiveShop, path: str, status: int = 200) -> float:
    began = time.monotonic()
    assert requests.get(f"{shop.url}{path}", timeout=30).status_code == status
    return time.monotonic() - began


def all_of(connection: socket.socket) -> bytes:
    """Read until the other end hangs up: head and body may come one after the other."""
    return b"".join(iter(lambda: connection.recv(4096), b""))


def test_who_does_not_hang_up_holds_up_nobody(shop: LiveShop) -> None:
    staying = [say(shop, b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n") for _ in range(8)]

    assert seconds_of(shop, "/livez") < 4
    for connection in staying:
        assert b"alive" in all_of(connection)
        connection.close()


def test_half_requests_take_threads_but_no_places(shop: LiveShop) -> None:
    half = [say(shop, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ") for _ in range(THREADS + PLACES + 8)]
    time.sleep(1.5)

    assert seconds_of(shop, "/livez") < 14  # the places are free, and so is a thread once its time is over
    refused = [connection.recv(4096) for connection in half[THREADS:]]
    assert {answer.partition(b"\r\n")[0] for answer in refused} == {b"HTTP/1.1 503 Service Unavailable"}


def test_half_bodies_hold_up_no_probe_and_end(shop: LiveShop) -> None:
    begun = b"POST /api/v1/carts/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"
    slow = [say(shop, begun) for _ in range(THREADS + PLACES + 8)]
    time.sleep(0.5)

    assert seconds_of(shop, "/livez") < 4
    ends = [connection.recv(4096) for connection in slow]
    assert all(not end or end.startswith((b"HTTP/1.1 503", b"HTTP/1.1 400")) for end in ends)
    assert seconds_of(shop, "/") < 9

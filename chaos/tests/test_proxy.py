import socket
import threading
import time
from collections.abc import Iterator

import pytest

from chaos.processes import free_port
from chaos.proxy import Proxy

pytestmark = pytest.mark.once


@pytest.fixture
def echo() -> Iterator[int]:
    """Serve a port that says everything back."""
    listener = socket.create_server(("127.0.0.1", 0))

    def talk(one: socket.socket) -> None:
        with one:
            while content := one.recv(65536):
                one.sendall(content)

    def serve() -> None:
        while True:
            try:
                one, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(one,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(timeout=5)


@pytest.fixture
def proxy(echo: int) -> Iterator[Proxy]:
    one = Proxy(target=echo)
    yield one
    one.close()


def _connected(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def _read(connection: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size and (more := connection.recv(65536)):
        content += more
    return content


def test_a_plain_way_carries_every_byte_both_ways(proxy: Proxy) -> None:
    content = bytes(range(256)) * 8000
    with _connected(proxy) as connection:
        sender = threading.Thread(target=connection.sendall, args=(content,))
        sender.start()
        received = _read(connection, len(content))
        sender.join(timeout=5)

        assert received == content


def test_a_black_hole_says_nothing_and_gives_back_what_it_held_when_it_is_healed(proxy: Proxy) -> None:
    with _connected(proxy) as connection:
        connection.sendall(b"before")
        assert _read(connection, 6) == b"before"
        proxy.is_black_hole = True
        connection.sendall(b"lost?")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        proxy.heal()
        connection.settimeout(5)

        assert _read(connection, 5) == b"lost?"


def test_a_slow_way_takes_its_time_in_both_directions(proxy: Proxy) -> None:
    proxy.delay = 0.15
    with _connected(proxy) as connection:
        began = time.monotonic()
        connection.sendall(b"slow")
        received = _read(connection, 4)
        took = time.monotonic() - began

        assert received == b"slow"
        assert took >= 0.3


def test_a_broken_way_is_told_to_the_client_at_once(proxy: Proxy) -> None:
    with _connected(proxy) as connection:
        connection.sendall(b"hello")
        assert _read(connection, 5) == b"hello"
        proxy.reset()
        try:
            rest = connection.recv(100)
        except ConnectionResetError:
            rest = b""

        assert rest == b""


def test_a_server_that_is_away_is_an_end_of_the_connection_and_not_a_wait() -> None:
    proxy = Proxy(target=free_port())
    try:
        with _connected(proxy) as connection:
            assert connection.recv(100) == b""
    finally:
        proxy.close()

"""Answers that never end: cut after a while, whatever it is that does not end."""

import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import requests
from urllib3.exceptions import HTTPError

from kernel.http.deadlines import EndingSession, at_most

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
gzip = zlib.compressobj(wbits=31)
NOTHING_IN_GZIP = gzip.compress(b"") + gzip.flush(zlib.Z_SYNC_FLUSH)
ENDLESS = {
    "a body": (OK + b"\r\n", b"x"),
    "a header": (OK + b"X-Long: ", b"x"),
    "news of an answer": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a compressed nothing": (OK + b"Content-Encoding: gzip\r\n\r\n" + NOTHING_IN_GZIP, b"\x00\x00\x00\xff\xff"),
    "the length of a chunk": (CHUNKED, b"0"),
    "what follows a body": (CHUNKED + b"2\r\n{}\r\n0\r\n", b"X-More: x\r\n"),
}
Host = Callable[[bytes, bytes], str]


@pytest.fixture
def host() -> Iterator[Host]:
    """Return what starts a host on the loopback that answers something, and then something else without an end."""
    server = socket.create_server(("127.0.0.1", 0))
    is_over = threading.Event()

    def answer(first: bytes, again: bytes) -> None:
        with suppress(OSError):
            asked, _address = server.accept()
            with asked:
                asked.recv(65536)
                asked.sendall(first)
                while not is_over.wait(0.02):
                    asked.sendall(again)

    def start(first: bytes, again: bytes) -> str:
        threading.Thread(target=answer, args=(first, again), daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/"

    yield start
    is_over.set()
    server.close()


def ask_for_all(address: str) -> None:
    with EndingSession() as session, session.get(address, timeout=2, stream=True) as answer:
        while answer.raw.read1(1024, decode_content=True):
            pass


@pytest.mark.parametrize("kind", ENDLESS)
def test_what_never_ends_is_cut(host: Host, kind: str) -> None:
    began = time.monotonic()

    with pytest.raises((requests.RequestException, HTTPError, TimeoutError)), at_most(0.3):
        ask_for_all(host(*ENDLESS[kind]))

    assert time.monotonic() - began < 10


def test_an_answer_in_time_is_left_alone(host: Host) -> None:
    with at_most(2), EndingSession() as session:
        answer = session.get(host(OK + b"Content-Length: 2\r\n\r\n{}", b""), timeout=1)

    assert answer.json() == {}


def test_an_answer_is_read_as_utf_8_whatever_it_says(host: Host) -> None:
    head = OK + b"Content-Type: text/plain; charset=punycode\r\nContent-Length: 4\r\n\r\n"

    with at_most(2), EndingSession() as session:
        answer = session.get(host(head + b"a-b-", b""), timeout=1)

    assert answer.text == "a-b-"

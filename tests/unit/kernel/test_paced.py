"""Who sends or reads too slowly loses the connection; who is only far away does not."""

import socket
from collections.abc import Iterator

import pytest

from kernel import paced
from kernel.paced import Paced

pytestmark = pytest.mark.once


@pytest.fixture
def pair() -> Iterator[tuple[Paced, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Paced(ours), theirs


class Clock:
    """Every read or write takes a second by it."""

    now = 0.0

    def monotonic(self) -> float:
        self.now += 0.5
        return self.now * 2


def test_a_byte_now_and_then_is_not_enough(pair: tuple[Paced, socket.socket], monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pair
    monkeypatch.setattr(paced, "time", Clock())
    theirs.sendall(b"x" * 20)

    read = [ours.recv(1) for _ in range(11)]
    with pytest.raises(ConnectionResetError, match="too slow"):
        ours.recv(1)

    assert read == [b"x"] * 11


def test_a_long_upload_at_a_fair_pace_goes_on(
    pair: tuple[Paced, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = pair
    monkeypatch.setattr(paced, "time", Clock())
    read = 0

    for _ in range(60):
        theirs.sendall(b"x" * paced.SLOWEST)
        read += len(ours.recv(8192))

    assert read == 60 * paced.SLOWEST


def test_each_request_has_its_own_time(pair: tuple[Paced, socket.socket], monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pair
    monkeypatch.setattr(paced, "time", Clock())

    for _ in range(30):
        ours.begin(grace=paced.GRACE_SECONDS)
        theirs.sendall(b"x")
        assert ours.recv(8192) == b"x"


def test_who_says_nothing_is_given_up(pair: tuple[Paced, socket.socket], monkeypatch: pytest.MonkeyPatch) -> None:
    ours, _theirs = pair
    monkeypatch.setattr(paced, "LEAST_GRACE_SECONDS", 0.05)
    ours.begin(grace=0)

    with pytest.raises(ConnectionResetError, match="silent"):
        ours.recv(8192)


def test_who_does_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paced, "STALL_SECONDS", 0.05)
    ours, theirs = socket.socketpair()

    with ours, theirs, pytest.raises(ConnectionResetError, match="silent"):
        Paced(ours).sendall(b"x" * 10_000_000)


def test_a_socket_that_does_not_block_says_so_as_ever(pair: tuple[Paced, socket.socket]) -> None:
    ours, _theirs = pair
    ours.settimeout(0)

    with pytest.raises(BlockingIOError):
        ours.recv(8192)

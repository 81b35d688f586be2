"""A connection that ends for whoever is too slow: a thread waits for nobody as long as he likes.

A time-out bounds one read or write, and somebody who sends a byte before each runs out would hold a thread for ever.
"""

import errno
import socket
import struct
import time
from typing import Any

GRACE_SECONDS = 10.0
LEAST_GRACE_SECONDS = 1.0
"""For what waited for a thread, and so had its time to arrive, or what is refused anyway."""
STALL_SECONDS = 10.0
"""How long one write may take."""
SLOWEST = 4096
"""Bytes a second, beyond the grace; a phone at the edge of its net does better."""


class Paced:
    """Wraps the socket of a connection; counts how long it waited in reads and in writes since a request began."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        _limit(sock, socket.SO_SNDTIMEO, STALL_SECONDS)
        self.begin(grace=GRACE_SECONDS)

    def begin(self, *, grace: float) -> None:
        """Count anew; the system ends a single read after the grace, too."""
        self._grace, self._waited, self._moved = max(grace, LEAST_GRACE_SECONDS), 0.0, 0
        _limit(self._sock, socket.SO_RCVTIMEO, self._grace)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Read as a socket does.

        :raises ConnectionResetError: the other side sends too slowly, or nothing at all.
        """
        content: bytes = self._timed(self._sock.recv, size, flags)
        self._moved += len(content)
        return content

    def sendall(self, content: bytes) -> None:
        """Write as a socket does.

        :raises ConnectionResetError: the other side takes it too slowly, or not at all.
        """
        rest = memoryview(content)
        while rest:
            sent = self._timed(self._sock.send, rest)
            self._moved += sent
            rest = rest[sent:]

    def _timed(self, work: Any, *arguments: Any) -> Any:
        if self._waited > self._grace + self._moved / SLOWEST:
            raise ConnectionResetError(errno.ECONNRESET, "The other side is too slow.")
        began = time.monotonic()
        try:
            return work(*arguments)
        except BlockingIOError as error:  # the time-out that the system keeps
            if self._sock.gettimeout() == 0:
                raise
            raise ConnectionResetError(errno.ECONNRESET, "The other side is silent.") from error
        finally:
            self._waited += time.monotonic() - began

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


def _limit(sock: socket.socket, side: int, seconds: float) -> None:
    whole, rest = divmod(seconds, 1)
    sock.setsockopt(socket.SOL_SOCKET, side, struct.pack("ll", int(whole), int(rest * 1_000_000)))

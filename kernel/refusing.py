"""Refusing a request without a thread, when it lies at the socket whole.

Nothing is done with what is read here but to choose among refusals; gunicorn's parser reads everything that is served.

The system calls are made by ``PyDLL``, which keeps Python's lock: none of them ever waits, and giving the lock away a dozen
times, to be taken back from threads that compute, took a hundred times longer than refusing.
"""

import ctypes
import os
import re
import socket

LOOK = 16 * 1024
LINE = re.compile(rb"([A-Z]{3,7}) (/[^ ?\r\n]*)[^ \r\n]* HTTP/1\.[01]\r\n")
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*\r\n", re.IGNORECASE)
ENCODED = re.compile(rb"\r\n(transfer-encoding|expect|upgrade):", re.IGNORECASE)

_libc = ctypes.PyDLL(None)
IS_POSSIBLE = hasattr(_libc, "accept4") and hasattr(socket, "MSG_NOSIGNAL")
"""Not on a Mac: there the threads at the door refuse."""

_room = ctypes.create_string_buffer(LOOK)


def take(listener: int) -> int | None:
    """Accept the next connection that waits, and return its number; nothing when none does."""
    number: int = _libc.accept4(listener, None, None, socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    return number if number >= 0 else None


def look(connection: int) -> bytes:
    """Return what lies there, up to 16 KiB, and leave it; nothing when there is none, or nobody any more."""
    size: int = _libc.recv(connection, _room, LOOK, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    return ctypes.string_at(_room, size) if size > 0 else b""


def whole_request(seen: bytes) -> tuple[str, str] | None:
    """Return method and path of a request that lies there with its body and nothing behind it."""
    line, blank = LINE.match(seen), seen.find(b"\r\n\r\n")
    end = blank + 4
    if line is None or blank < 0 or ENCODED.search(seen, 0, end):
        return None
    length = LENGTH.search(seen, 0, end)
    if len(seen) != end + (int(length[1]) if length else 0):
        return None
    return line[1].decode("ascii"), line[2].decode("latin-1")


def is_half(seen: bytes) -> bool:
    """True when more of a request's head has to come."""
    return 0 < len(seen) < LOOK and b"\r\n\r\n" not in seen


def answer(connection: int, seen: bytes, content: bytes) -> None:
    """Take what was looked at, and answer; what was left unread would make the close a reset, and lose the answer."""
    _libc.recv(connection, _room, len(seen), socket.MSG_DONTWAIT)
    _libc.send(connection, content, len(content), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)


def close(connection: int) -> None:
    """Close what ``take`` returned."""
    _libc.close(connection)


def as_socket(connection: int) -> tuple[socket.socket, object]:
    """Return what ``take`` returned as gunicorn knows it: the socket, and who is at its other end.

    :raises OSError: nobody is there any more.
    """
    try:
        sock = socket.socket(fileno=connection)
    except OSError:
        os.close(connection)
        raise
    try:
        return sock, sock.getpeername()
    except OSError:
        sock.close()
        raise

"""Identifiers: UUIDv7, so that new rows stay close together in every index."""

import secrets
import threading
import time
import uuid


class Sequence:
    """Makes the ids of one process: each is greater than all before it, in whichever thread.

    RFC 9562, section 6.2, method 1: within one millisecond the 12 bits after it count on from a random start. When
    they are used up, or the clock goes back, the last millisecond is counted on.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        """Milliseconds and counter, 60 bits."""

    def next(self) -> uuid.UUID:
        """Return a new UUID of version 7: milliseconds, the counter, then 62 random bits."""
        milliseconds = time.time_ns() // 1_000_000
        start = (milliseconds & 0xFFFF_FFFF_FFFF) << 12 | secrets.randbits(11)  # the other half is for counting
        with self._lock:
            is_new = start >> 12 > self._last >> 12
            self._last = start if is_new else self._last + 1
            present = self._last
        value = (present >> 12) << 80 | 0x7 << 76 | (present & 0xFFF) << 64
        return uuid.UUID(int=value | 0b10 << 62 | secrets.randbits(62))


_sequence = Sequence()


def uuid7() -> uuid.UUID:
    """Return a new UUID of version 7, greater than all that this process made before."""
    return _sequence.next()


def secret_token() -> str:
    """Return 43 characters that nobody can guess (256 bits, URL-safe)."""
    return secrets.token_urlsafe(32)

"""How long a request may take in all: waiting for a thread, for locks, and for its conflicts to go away.

Nothing that began is torn away in its middle: money may have moved meanwhile. What is over is not begun again.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_until: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def until(moment: float) -> Iterator[None]:
    """Let what runs inside know when its time is over, by the monotonic clock."""
    token = _until.set(moment)
    try:
        yield
    finally:
        _until.reset(token)


def is_over() -> bool:
    """True when nobody waits for the answer any more; never outside a request."""
    moment = _until.get()
    return moment is not None and time.monotonic() > moment

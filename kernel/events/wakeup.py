"""Wakes the worker of this process as soon as there is something to do."""

import threading

_bell = threading.Event()


def ring() -> None:
    """Tell the worker of this process that something committed."""
    _bell.set()


def wait(seconds: float) -> None:
    """Sleep until the bell rings, or so long."""
    _bell.wait(seconds)
    _bell.clear()

"""Answers of other houses have an end: a time-out bounds each pause between two bytes, a deadline all of them."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Lock, Timer
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection


class _Watch:
    """The connections that are read until a moment."""

    def __init__(self) -> None:
        self.is_over = False
        self._read: list[Any] = []
        self._lock = Lock()

    def add(self, sock: Any) -> None:
        with self._lock:
            self._read.append(sock)
            if self.is_over:
                _cut(sock)

    def end(self) -> None:
        with self._lock:
            self.is_over = True
            for sock in self._read:
                _cut(sock)


_watch: ContextVar[_Watch | None] = ContextVar("watch", default=None)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Cut what is still being read after so long, be it headers, a body, what follows it or nothing that counts.

    Only connections of an ``EndingAdapter``, or of a manager ``with_ends``, are cut.

    :raises TimeoutError: it took longer.
    """
    until = time.monotonic() + seconds
    watch = _Watch()
    timer = Timer(seconds, watch.end)
    timer.daemon = True
    outer = _watch.set(watch)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _watch.reset(outer)
    if watch.is_over or time.monotonic() > until:  # a cut answer may look like one that is short
        raise TimeoutError(f"It took longer than {seconds} seconds.")


def _cut(sock: Any) -> None:
    with suppress(OSError, AttributeError):
        socket.socket.shutdown(getattr(sock, "socket", sock), socket.SHUT_RDWR)  # whoever reads meets the end


def _note(sock: Any) -> None:
    if (watch := _watch.get()) is not None:
        watch.add(sock)


class _EndingConnection(HTTPConnection):
    def getresponse(self) -> Any:
        _note(self.sock)
        return super().getresponse()


class _EndingSecureConnection(HTTPSConnection):
    def getresponse(self) -> Any:
        _note(self.sock)
        return super().getresponse()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _EndingConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _EndingSecureConnection


def with_ends(manager: PoolManager) -> PoolManager:
    """Let ``at_most`` cut the connections of a manager."""
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return manager


class EndingAdapter(HTTPAdapter):
    """Asks over connections that ``at_most`` can cut, by a proxy as well."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the manager."""
        super().init_poolmanager(*args, **kwargs)
        with_ends(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Return the manager for a proxy."""
        return with_ends(super().proxy_manager_for(*args, **kwargs))

    def build_response(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Return an answer whose letters are read as UTF-8: it may name a codec that takes minutes for a MiB."""
        answer = super().build_response(*args, **kwargs)
        answer.encoding = "utf-8"
        return answer


class EndingSession(requests.Session):
    """Asks over such connections alone."""

    def __init__(self) -> None:
        super().__init__()
        for scheme in ("https://", "http://"):
            self.mount(scheme, EndingAdapter())

"""A shop that serves, to measure against from outside, and the plainest client there is."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench import ground
from chaos.processes import free_port

START_SECONDS = 60
CLIENT_SECONDS = 30
REFUSALS = frozenset({429, 503})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; the status is 0 when nothing did."""

    status: int
    seconds: float
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[int]:
    """Serve until the block is left; give the port."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "kernel.server", f"127.0.0.1:{port}"],
        cwd=ground.ROOT,
        env=environment | {"PORT": str(port)},
        start_new_session=True,
    )
    try:
        _wait_until_ready(server, port)
        yield port
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=60)


def _wait_until_ready(server: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        if ask(port, "GET", "/readyz").status == http.HTTPStatus.OK:
            return
        time.sleep(0.1)
    raise RuntimeError("the shop did not start")


def ask(port: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
    """Ask once over a connection of its own."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=CLIENT_SECONDS)
    try:
        connection.request(method, path, body or None, {"Connection": "close"} | (headers or {}))
        answer = connection.getresponse()
        content = answer.read()
        return Answer(
            status=answer.status,
            seconds=time.perf_counter() - began,
            headers=dict(answer.headers.items()),
            body=content,
        )
    except (OSError, http.client.HTTPException):
        return Answer(status=0, seconds=time.perf_counter() - began)
    finally:
        connection.close()


def percentile(times: list[float], share: float = 0.95) -> float:
    """Return a percentile in milliseconds."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000 if times else 0.0

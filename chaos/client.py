"""Talking to a shop that may die at any moment: small, with connections that stay open, and patient."""

import http.client
import json
import time
from dataclasses import dataclass, field
from typing import Any

TIMEOUT = 25
PATIENCE = 180
"""Seconds until a buyer gives up a step; nobody has to, and each one that does is counted."""


class GaveUpError(RuntimeError):
    """The shop did not give a definite answer in a long time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the shop said."""

    status: int
    body: bytes
    is_replay: bool = False

    @property
    def content(self) -> dict[str, Any]:
        """The JSON."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def code(self) -> str:
        """Why it was refused."""
        try:
            return str(self.content.get("code", "")) if self.status >= 400 else ""
        except ValueError:
            return "not_json"


@dataclass
class Count:
    """How the way to the shop was."""

    broken: int = 0
    unavailable: int = 0
    answers: int = 0
    errors_500: list[str] = field(default_factory=list)
    slowest: float = 0.0
    is_over: bool = False
    """The run ends before its time: nobody is patient any more."""


class Client:
    """One connection of one person."""

    def __init__(self, port: int, count: Count) -> None:
        self._port = port
        self._count = count
        self._connection: http.client.HTTPConnection | None = None

    def once(self, method: str, path: str, body: object = None, **headers: str) -> Answer | None:
        """Ask once; None when nobody can say what happened."""
        content = None if body is None else json.dumps(body)
        sent = {"Content-Type": "application/json"} if content else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        began = time.monotonic()
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)
        try:
            self._connection.request(method, path, body=content, headers=sent)
            answer = self._connection.getresponse()
            found = Answer(answer.status, answer.read(), answer.headers.get("Idempotency-Replayed") == "true")
        except (OSError, http.client.HTTPException):
            self._count.broken += 1
            self.close()
            return None
        self._count.answers += 1
        if found.status == 500:
            self._count.errors_500.append(f"{method} {path}")
        self._count.slowest = max(self._count.slowest, time.monotonic() - began)
        return found

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Ask until there is a definite answer; whoever asks must be able to bear that it happens twice.

        :raises GaveUpError: there is none in a long time.
        """
        end = time.monotonic() + PATIENCE
        pause = 0.02
        while time.monotonic() < end and not self._count.is_over:
            answer = self.once(method, path, body, **headers)
            if answer is not None and not self._is_passing(answer):
                return answer
            time.sleep(pause)
            pause = min(0.5, pause * 1.6)
        msg = f"{method} {path}"
        raise GaveUpError(msg)

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _is_passing(self, answer: Answer) -> bool:
        """True for an answer that says: come again."""
        if answer.status >= 500:
            self._count.unavailable += 1
            return True
        is_in_flight = answer.status == 409 and answer.code == "conflict" and not answer.is_replay
        return is_in_flight or answer.status == 429


def is_ready(port: int) -> bool:
    """True when the shop says so."""
    client = Client(port, Count())
    answer = client.once("GET", "/readyz")
    client.close()
    return answer is not None and answer.status == 200

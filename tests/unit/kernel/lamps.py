"""An event of the tests' own, with handlers that live as long as a test."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

import pytest

from kernel.events import handling
from kernel.events.base import Event
from kernel.events.envelope import Envelope
from kernel.events.handling import handles
from kernel.events.publish import publish
from kernel.ids import uuid7
from kernel.transactions import unit_of_work


@dataclass(frozen=True, slots=True, kw_only=True)
class LampLit(Event):
    """Somebody lit a lamp."""

    type: ClassVar[str] = "default.lamp_lit.v1"
    subject: ClassVar[str] = "lamp_id"

    lamp_id: UUID
    brightness: int


@pytest.fixture
def handler() -> Iterator[Callable[[Callable[[LampLit], None]], str]]:
    """Register handlers for one test."""
    yield lambda function: handles(LampLit)(function) and f"default.{function.__name__}"
    handling._by_type.pop(LampLit.type, None)


@unit_of_work
def light(count: int = 1) -> None:
    for brightness in range(count):
        publish(LampLit(lamp_id=uuid7(), brightness=brightness, version=1))


@dataclass
class Radio:
    """A transport that does what a test says at the moment of publishing, and takes what it returns."""

    on_publish: Callable[[Sequence[Envelope]], list[Envelope]] = list
    is_open: bool = True
    sent: list[Envelope] = field(default_factory=list)

    def is_ready(self) -> bool:
        return self.is_open

    def publish(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        self.sent += envelopes
        return self.on_publish(envelopes)

    def consume(self, service: str, handle: object, *, is_over: object) -> None:
        raise NotImplementedError

    def declare(self, queues: object, *, obsolete: Collection[str] = ()) -> None:
        raise NotImplementedError

    def depths(self) -> dict[str, int]:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

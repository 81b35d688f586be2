"""The envelope of an event on its way: CloudEvents 1.0."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

import orjson

from kernel.codec import decode, encode
from kernel.events.base import Event

if TYPE_CHECKING:
    from kernel.models import ArchiveRow, OutboxRow


LONGEST_TYPE = 100


class UnknownEventError(LookupError):
    """Nobody here knows the type of an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An event with its identity; ``body`` is the JSON of the fact."""

    id: UUID
    type: str
    subject: str
    time: datetime
    body: str
    request_id: str = ""

    def as_text(self) -> str:
        """Return the CloudEvents JSON."""
        head = {
            "specversion": "1.0",
            "id": str(self.id),
            "source": f"/{service_of(self.type)}",
            "type": self.type,
            "subject": self.subject,
            "time": encode(self.time),
            "datacontenttype": "application/json",
            "requestid": self.request_id,
        }
        opened = orjson.dumps(head).decode().removesuffix("}")
        return f'{opened},"data":{self.body}}}'

    @classmethod
    def from_text(cls, text: str) -> "Envelope":
        """Read the CloudEvents JSON.

        :raises ValueError: it is none, or no table here could keep it.
        """
        parts = orjson.loads(text)
        kind = parts["type"]
        if not isinstance(kind, str) or not 0 < len(kind) <= LONGEST_TYPE or "\0" in kind:
            msg = f"No type of an event: {kind!r:.100}"
            raise ValueError(msg)
        return cls(
            id=UUID(parts["id"]),
            type=kind,
            subject=parts["subject"],
            time=decode(datetime, parts["time"]),
            body=orjson.dumps(parts["data"]).decode(),
            request_id=parts.get("requestid", ""),
        )

    @classmethod
    def of(cls, row: "OutboxRow | ArchiveRow") -> "Envelope":
        """Return what a row holds, waiting or kept."""
        return cls(
            id=row.event_id,
            type=row.type,
            subject=row.subject,
            time=row.created_at,
            body=row.body,
            request_id=row.request_id,
        )

    def impersonal(self) -> "Envelope | None":
        """Return the same without whom it is about; nothing where all of it is about somebody."""
        blanks = event_class(self.type).impersonal if self.type in known_types() else None
        if blanks is None:
            return None
        told = orjson.loads(self.body) | {name: encode(value) for name, value in blanks.items()}
        return replace(self, body=orjson.dumps(told).decode())

    def event(self) -> Event:
        """Return the fact itself."""
        fact: Event = decode(event_class(self.type), orjson.loads(self.body))
        return fact


def service_of(event_type: str) -> str:
    """Return the service that publishes a type of event."""
    return event_type.split(".", maxsplit=1)[0]


def known_types() -> frozenset[str]:
    """Return the types of events that the code of this process declares."""
    found: set[str] = set()
    waiting = [Event]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        found.add(getattr(kind, "type", ""))
    return frozenset(found - {""})


@cache
def event_class(event_type: str) -> type[Event]:
    """Return the class of a type of event.

    :raises UnknownEventError: no contract that is loaded here declares it.
    """
    waiting = [Event]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if getattr(kind, "type", None) == event_type:
            return kind
    raise UnknownEventError(event_type)

"""What the audit log is told of. Pure Python, so that contracts stay pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from kernel.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRecorded(Event):
    """Somebody with rights changed something. Each service has its own subclass in ``contracts``, for its own outbox."""

    subject: ClassVar[str] = "entry_id"

    entry_id: UUID
    at: datetime
    action: str
    """Such as ``order_refunded``: what was done, past tense."""
    actor_id: UUID | None
    actor_label: str
    actor_role: str
    client: str
    address: str
    user_agent: str
    request_id: str
    subject_kind: str
    """Such as ``order``."""
    subject_id: str
    before: str
    after: str
    """JSON objects of the fields that changed."""

"""What an event is: an immutable fact with a stable type. Pure Python, so that contracts stay pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact of one service that others may act on.

    :cvar type: ``<service>.<fact>.v<n>``; public and permanent.
    :cvar subject: the name of the field that holds the id of the aggregate.
    :cvar is_archived: False for what must not be kept once it arrived, such as a code.
    :cvar is_for_brokers: True for what is kept for a broker that lost it, and not without one.
    :cvar impersonal: what takes the place of members that tell of a person who is forgotten; None where nothing is left.
    """

    type: ClassVar[str]
    subject: ClassVar[str]
    is_archived: ClassVar[bool] = True
    is_for_brokers: ClassVar[bool] = False
    impersonal: ClassVar[Mapping[str, object] | None] = None

    version: int
    """Counts the changes of the aggregate: a handler that keeps a copy ignores older ones."""

"""How events travel between processes. Without a broker the relay hands them to the handlers itself."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

from kernel.events.envelope import Envelope

Handle = Callable[[Sequence[Envelope]], None]


class BrokerAwayError(ConnectionError):
    """The broker does not answer; everything waits in the outbox meanwhile."""


class NotNowError(Exception):
    """A batch cannot be handled now, through no fault of its own: it has to be kept, and given again."""


class Transport(Protocol):
    """One connection to a broker, for one thread.

    Every method raises :class:`BrokerAwayError` when the broker is away; the next call connects again.
    """

    def is_ready(self) -> bool:
        """Connect, before anything is taken from the outbox; False while the broker is there but takes nothing."""
        ...

    def publish(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        """Send a batch and return what the broker has taken for good."""
        ...

    def consume(self, service: str, handle: Handle, *, is_over: Callable[[], bool]) -> None:
        """Give what arrives for a service to ``handle``, in batches; a batch is done when ``handle`` returns.

        One that raises :class:`NotNowError` is kept, and given again.
        """
        ...

    def declare(self, queues: Mapping[str, Collection[str]], *, obsolete: Collection[str] = ()) -> None:
        """Make a queue for each service and bind the types of events that it handles.

        :param obsolete: types that are taken off a queue whose service has no handler for them.
        """
        ...

    def depths(self) -> Mapping[str, int]:
        """Return how many messages lie in each queue that services here read, and in those that nobody reads."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


def new_transport() -> Transport | None:
    """Return a connection to the broker of ``BROKER_URL``; None when this process delivers its events itself."""
    if not settings.BROKER_URL:
        return None
    return cast("Transport", import_string(settings.EVENT_TRANSPORT)())

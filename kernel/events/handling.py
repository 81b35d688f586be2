"""Who handles which event: functions in the services' ``handlers`` modules."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from kernel.events.base import Event
from kernel.topology import database_of, local_services, service_of

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Consumer:
    """One handler; its name is permanent, for the inbox remembers it."""

    name: str
    function: Callable[[Event], None]
    event: type[Event]

    @property
    def service(self) -> str:
        """Whose handler it is."""
        return self.name.split(".", maxsplit=1)[0]

    @property
    def alias(self) -> str:
        """The database that the handler writes to."""
        return database_of(self.service)


_by_type: dict[str, list[Consumer]] = defaultdict(list)


def handles(event: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register a handler; it runs in one transaction with its inbox row, may repeat and may come out of order."""

    def register(function: Callable[[E], None]) -> Callable[[E], None]:
        name = f"{service_of(function.__module__)}.{function.__name__}"
        known = _by_type[event.type]
        known[:] = [consumer for consumer in known if consumer.name != name]
        known.append(Consumer(name, cast("Callable[[Event], None]", function), event))
        return function

    return register


def consumers_of(event_type: str) -> tuple[Consumer, ...]:
    """Return the handlers of a type of event."""
    return tuple(_by_type.get(event_type, ()))


def types_by_service() -> dict[str, set[str]]:
    """Return which types of events each service here handles."""
    found: dict[str, set[str]] = {service: set() for service in local_services()}
    for event_type, known in _by_type.items():
        for consumer in known:
            found.setdefault(consumer.name.split(".", maxsplit=1)[0], set()).add(event_type)
    return found


def consumer_named(name: str) -> Consumer | None:
    """Return a handler by its permanent name."""
    return next((one for known in _by_type.values() for one in known if one.name == name), None)

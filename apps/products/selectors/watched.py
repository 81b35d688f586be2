"""What those who watch the shop see of its stock."""

from collections.abc import Iterator
from datetime import datetime

from apps.products.selectors.reservations import hold_figures
from kernel.metrics import Reading, age, watched


@watched
def holds(now: datetime) -> Iterator[Reading]:
    """One statement, over the index of what is held."""
    found = hold_figures(now=now)
    yield Reading("holds", "Reservations that are neither confirmed nor given back.", found.held, {})
    yield Reading("holds_expired", "Those whose time is over and whose stock is not back yet.", found.overdue, {})
    yield Reading("holds_oldest_seconds", "How long the first of them holds.", age(found.oldest_at, now), {})

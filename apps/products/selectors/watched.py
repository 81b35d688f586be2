"""What those who watch the shop see of its stock."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Min, Q

from apps.products.models.stock import Reservation, ReservationState
from kernel.metrics import Reading, age, watched


@watched
def holds(now: datetime) -> Iterator[Reading]:
    """One statement, over the index of what is held."""
    held = Reservation.objects.filter(state=ReservationState.HELD).aggregate(
        number=Count("order_id"), oldest=Min("created_at"), late=Count("order_id", filter=Q(expires_at__lte=now))
    )
    yield Reading("holds", "Reservations that are neither confirmed nor given back.", held["number"], {})
    yield Reading("holds_expired", "Those whose time is over and whose stock is not back yet.", held["late"], {})
    yield Reading("holds_oldest_seconds", "How long the first of them holds.", age(held["oldest"], now), {})

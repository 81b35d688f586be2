"""What those who watch the shop see of its orders."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count

from apps.orders.models.orders import Order
from apps.orders.rules.states import Status
from kernel.metrics import CAP, Reading, watched

UNDER_WAY = (Status.PLACING, Status.OPEN)


@watched
def orders_by_state(now: datetime) -> Iterator[Reading]:  # noqa: ARG001 - every reader is told the moment
    """One statement for those under way, one for each end, which stops counting at the cap."""
    under_way = Order.objects.filter(status__in=UNDER_WAY).values_list("status", "payment_status", "fulfilment_status")
    for status, payment, fulfilment, number in under_way.annotate(Count("id")).order_by():
        labels = {"status": status, "payment": payment, "fulfilment": fulfilment}
        yield Reading("orders_under_way", "Orders that are not over, by state.", number, labels)
    for status in Status:
        if status not in UNDER_WAY:
            over = Order.objects.filter(status=status).values("id")[:CAP].count()
            yield Reading("orders_over", f"Orders that are over; counted up to {CAP}.", over, {"status": status})

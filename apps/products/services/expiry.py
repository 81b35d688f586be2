"""Holds that were never paid give their stock back: the safety net below the orders' own expiry."""

from apps.products.models.stock import Reservation, ReservationLine, ReservationState
from apps.products.services.projection import refresh_availability
from apps.products.services.reservations import expire_hold
from kernel import clock
from kernel.periodic import every

BATCH = 200


@every(minutes=1)
def expire_holds() -> None:
    """Expire the holds whose time is over, each in a transaction of its own."""
    now = clock.now()
    due = Reservation.objects.filter(state=ReservationState.HELD, expires_at__lte=now).order_by(
        "expires_at", "order_id"
    )
    expired = [
        order_id
        for order_id in list(due.values_list("order_id", flat=True)[:BATCH])
        if expire_hold(order_id=order_id, now=now)
    ]
    if expired:
        lines = ReservationLine.objects.filter(reservation_id__in=expired)
        refresh_availability(skus=set(lines.values_list("sku", flat=True)))

"""Carts that nobody comes back to are thrown away."""

from datetime import timedelta

from apps.orders.models.carts import Cart, CartStatus
from kernel import clock
from kernel.periodic import every
from kernel.transactions import unit_of_work

GUEST_CART_DAYS = 60
"""How long an open cart of a guest is kept after it was last touched."""

CLOSED_CART_DAYS = 90
"""How long a cart is kept after it was ordered or merged; the order keeps its own lines."""

BATCH = 500


@every(minutes=60)
def forget_old_carts() -> None:
    """Throw old carts away, a batch at a time so that no lock is held for long."""
    while _forget_batch() == BATCH:
        pass


@unit_of_work
def _forget_batch() -> int:
    now = clock.now()
    abandoned = Cart.objects.filter(
        status=CartStatus.OPEN, customer_id=None, updated_at__lt=now - timedelta(days=GUEST_CART_DAYS)
    )
    closed = Cart.objects.exclude(status=CartStatus.OPEN).filter(updated_at__lt=now - timedelta(days=CLOSED_CART_DAYS))
    ids = [*abandoned.values_list("id", flat=True)[:BATCH]]
    ids += closed.values_list("id", flat=True)[: BATCH - len(ids)]
    Cart.objects.filter(id__in=ids).delete()
    return len(ids)

"""Counting a voucher's uses: in the transaction of the order, after everything else and before the stock.

Whoever needs more than one of these rows takes the voucher's first, then its redemption, then stock: no ring can form.
"""

from datetime import datetime

from django.db.models import F, Q

from apps.orders.models.orders import Order
from apps.orders.models.vouchers import Voucher, VoucherRedemption
from apps.orders.rules.vouchers import VoucherUsedUpError, email_key
from apps.orders.selectors.vouchers import AppliedVoucher
from apps.orders.services.drafts import PlacedOrder
from kernel.errors import ConflictError


def redeem(placed: PlacedOrder, *, now: datetime) -> None:
    """Count the use of an order's voucher, or refuse the order: two statements, none without a voucher.

    :raises VoucherUsedUpError: others were faster.
    :raises ConflictError: the voucher is another one than the draft was made with.
    """
    applied, order = placed.voucher, placed.order
    if applied is None:
        return
    _count(applied)
    VoucherRedemption.objects.create(
        voucher=applied.voucher,
        order=order,
        customer_id=order.customer_id,
        email_key=email_key(order.email),
        slot=applied.slot,
        redeemed_at=now,
    )


def _count(applied: AppliedVoucher) -> None:
    """Take one of the uses that are left by one conditional statement; its row stays locked until the end."""
    as_seen = Voucher.objects.filter(id=applied.voucher.id, version=applied.voucher.version)
    if as_seen.filter(Q(limit=None) | Q(used__lt=F("limit"))).update(used=F("used") + 1):
        return
    if as_seen.exists():
        raise VoucherUsedUpError
    msg = "The voucher changed while it was used; look at the total again."
    raise ConflictError(msg)


def give_back(order: Order) -> None:
    """Let the voucher of a called-off order be used again, once: the transaction holds the order's lock."""
    if not order.voucher_code:
        return
    redemption = VoucherRedemption.objects.filter(order=order).first()
    if redemption is None:
        return
    Voucher.objects.filter(id=redemption.voucher_id).update(used=F("used") - 1)
    redemption.delete()

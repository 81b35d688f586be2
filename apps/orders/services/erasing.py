"""Forgetting who ordered: what was sold, paid and taxed stays, as the law on bookkeeping wants it.

Of an address only the country stays, by which the tax was counted. An order that is still under way keeps what is needed
to deliver it and is forgotten once it is over: one may have been placed while its customer was being erased.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, F, OuterRef

from apps.orders.models.erased import ErasedCustomer
from apps.orders.models.fulfilments import Fulfilment
from apps.orders.models.orders import Order, OrderChange, OrderNote
from apps.orders.models.payments import Payment
from apps.orders.models.refunds import Refund
from apps.orders.models.vouchers import VoucherRedemption
from apps.orders.selectors.personal_data import UNDER_WAY, carts_of_person, guest_orders_of
from apps.orders.services.moves import without_free_words
from contracts.orders import OrdersErased
from kernel import clock
from kernel.actors import SYSTEM
from kernel.events.inbox import forget_mentions
from kernel.events.publish import publish
from kernel.http.idempotency import forget_answers
from kernel.periodic import every
from kernel.transactions import unit_of_work

BATCH = 500
LABEL = "erased"
"""How somebody is named in histories who is forgotten."""
WITH_FREE_WORDS = ("shipped", "refunded", "refund_requested", "refund_retried", "refund_failed")
LATE_REQUESTS = timedelta(days=1)
"""How long a request may linger that began before its customer was erased; generous."""


@unit_of_work
def forget_customer(*, customer_id: UUID, emails: list[str], now: datetime) -> None:
    """Anonymise a person's orders that are over, delete the carts, and remember the rest for later. Idempotent.

    :param emails: addresses that the person had proven; orders that guests placed under them count as the person's.
    """
    ErasedCustomer.objects.get_or_create(customer_id=customer_id, defaults={"erased_at": now})
    guest_orders_of(emails).update(customer_id=customer_id)
    carts_of_person(customer_id=customer_id, emails=emails).delete()
    forget_mentions(service="orders", words=[str(customer_id), *emails])
    while _forget_batch(customer_id=customer_id, now=now):
        pass
    for histories in (OrderChange, OrderNote, Refund):
        histories.objects.filter(actor_id=customer_id).update(actor_id=None, actor_label=LABEL)


@every(minutes=60)
def forget_finished_orders() -> None:
    """Anonymise what erased people still had under way and what is over by now."""
    now = clock.now()
    orders = Order.objects.filter(customer_id=OuterRef("customer_id"))
    waiting = ErasedCustomer.objects.filter(Exists(orders.exclude(UNDER_WAY)))
    for customer_id in list(waiting.values_list("customer_id", flat=True)[:BATCH]):
        forget_customer(customer_id=customer_id, emails=[], now=now)
    _forget_the_forgotten(now=now)


@unit_of_work
def _forget_the_forgotten(*, now: datetime) -> None:
    orders = Order.objects.filter(customer_id=OuterRef("customer_id"))
    ErasedCustomer.objects.filter(~Exists(orders), erased_at__lt=now - LATE_REQUESTS).delete()


@unit_of_work
def _forget_batch(*, customer_id: UUID, now: datetime) -> int:
    over = Order.objects.exclude(UNDER_WAY).filter(customer_id=customer_id)
    orders = list(over.select_for_update().order_by("id")[:BATCH])
    if orders:
        _anonymise(orders, now=now)
        _blank_free_words([order.id for order in orders])
        publish(OrdersErased(version=1, customer_id=customer_id, order_ids=[order.id for order in orders]))
    return len(orders)


def _anonymise(orders: Sequence[Order], *, now: datetime) -> None:
    by_countries: dict[tuple[str, str], list[UUID]] = defaultdict(list)
    for order in orders:
        by_countries[order.ship_to.country, order.bill_to.country].append(order.id)
    for (ship_to, bill_to), ids in by_countries.items():
        Order.objects.filter(id__in=ids).update(
            customer_id=None,
            email="",
            access_token="",
            note="",
            shipping_address=_only(ship_to),
            billing_address=_only(bill_to),
            version=F("version") + 1,
            updated_at=now,
        )
    OrderChange.objects.bulk_create(
        OrderChange(order=order, version=order.version + 1, kind="erased", actor_label=SYSTEM.label, at=now)
        for order in orders
    )


def _blank_free_words(ids: list[UUID]) -> None:
    OrderNote.objects.filter(order_id__in=ids).delete()
    Payment.objects.filter(order_id__in=ids).update(message="")
    Refund.objects.filter(order_id__in=ids).update(reason="", message="")
    VoucherRedemption.objects.filter(order_id__in=ids).update(customer_id=None, email_key=None)
    Fulfilment.objects.filter(order_id__in=ids).update(tracking_number="", tracking_url="")
    told = list(OrderChange.objects.filter(order_id__in=ids, kind__in=WITH_FREE_WORDS))
    for change in told:
        change.data = without_free_words(change.data)
    OrderChange.objects.bulk_update(told, ["data"], batch_size=BATCH)
    forget_answers(service="orders", about=ids)


def _only(country: str) -> dict[str, str]:
    """Return an address that says nothing but the country."""
    kept = dict.fromkeys(("name", "line1", "line2", "postcode", "city", "region", "phone"), "")
    return {**kept, "country": country}

"""What the database refuses by itself, whatever the code above it does: the last guard of each promise."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F

from apps.orders.models.orders import Order, OrderChange
from apps.orders.models.vouchers import Voucher, VoucherRedemption
from apps.orders.tests.factories import OrderFactory, PaymentFactory, VoucherFactory
from apps.products.models.stock import Reservation, ReservationLine, ReservationState, Stock
from apps.products.tests.factories import VariantFactory
from kernel.ids import uuid7
from kernel.models import IdempotencyRow, InboxRow, OutboxRow
from tests.fixtures import NOON

pytestmark = pytest.mark.django_db


def test_more_is_never_reserved_than_there_is() -> None:
    VariantFactory(sku="MUG", on_hand=3)

    refused(lambda: Stock.objects.filter(sku="MUG").update(reserved=4), by="products_stock_never_oversold")


def test_less_than_nothing_is_never_reserved() -> None:
    VariantFactory(sku="MUG", on_hand=3)

    refused(lambda: Stock.objects.filter(sku="MUG").update(reserved=-1), by="products_stock_never_oversold")


def test_an_order_reserves_once() -> None:
    twin: dict[str, Any] = {"order_id": uuid7(), "state": ReservationState.HELD}

    twice(lambda: Reservation(**twin).save(force_insert=True))


def test_an_order_reserves_a_sku_once() -> None:
    order = Reservation.objects.create(order_id=uuid7(), state=ReservationState.HELD)

    twice(lambda: ReservationLine.objects.create(reservation=order, sku="MUG", quantity=1))


def test_a_key_has_one_answer() -> None:
    answer = {"digest": "d" * 64, "fingerprint": "f" * 64, "status": 201, "content_type": "application/json"}

    twice(lambda: IdempotencyRow.objects.create(**answer, body="{}", created_at=NOON))


def test_a_handler_handles_an_event_once() -> None:
    done = {"consumer": "mail", "event_id": uuid7(), "type": "order.placed", "status": InboxRow.Status.DONE}

    twice(lambda: InboxRow.objects.create(**done, handled_at=NOON))


def test_an_event_waits_once() -> None:
    event = {"event_id": uuid7(), "type": "order.placed", "subject": "1", "version": 1, "body": "{}"}

    twice(lambda: OutboxRow.objects.create(**event, created_at=NOON))


def test_a_cart_gives_one_order() -> None:
    cart_id = uuid7()

    twice(lambda: OrderFactory(cart_id=cart_id))


def test_a_change_of_an_order_has_a_place_of_its_own_in_its_history() -> None:
    order = OrderFactory()

    twice(lambda: OrderChange.objects.create(order=order, version=77, kind="paid", data={}, at=NOON))


def test_money_is_taken_once_a_reference() -> None:
    order = OrderFactory()

    twice(lambda: PaymentFactory(order=order, reference="BANK-1"))


def test_no_more_goes_back_than_came_in() -> None:
    order = OrderFactory(paid_minor=100)

    too_much = {"refunded_minor": F("paid_minor") + 1}
    refused(lambda: Order.objects.filter(id=order.id).update(**too_much), by="orders_re(funded|turning)_at_most")


def test_a_voucher_is_used_no_more_often_than_its_limit() -> None:
    voucher = VoucherFactory(limit=1)

    refused(lambda: Voucher.objects.filter(id=voucher.id).update(used=2), by="orders_voucher_used_at_most_limit")


def test_a_person_has_each_place_among_the_uses_of_a_voucher_once() -> None:
    use = {"voucher": VoucherFactory(), "email_key": uuid7(), "slot": 1, "redeemed_at": NOON}

    twice(lambda: VoucherRedemption.objects.create(**use, order=OrderFactory()))


def twice(write: Callable[[], object]) -> None:
    """Let it be written once, and see the second refused."""
    write()
    with pytest.raises(IntegrityError), transaction.atomic():
        write()


def refused(write: Callable[[], object], *, by: str) -> None:
    """See that the database refuses by this rule; MariaDB calls a broken CHECK an operational error."""
    with pytest.raises(DatabaseError, match=by), transaction.atomic():
        write()

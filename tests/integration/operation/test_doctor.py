"""The doctor: says nothing about a healthy shop, and names what is broken, and only that."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F

from apps.notifications.models import Message
from apps.notifications.tests.factories import MessageFactory
from apps.orders.models.carts import Cart
from apps.orders.models.orders import Order, OrderChange, OrderLine
from apps.orders.tests.factories import CartFactory, VoucherFactory
from apps.products.models.catalogue import Product
from apps.products.models.stock import Reservation, ReservationLine, Stock, StockMovement
from apps.users.models import AuditEntry
from kernel import clock
from kernel.doctor import Check, Finding, all_checks, examine
from kernel.models import InboxRow, OutboxRow
from tests.unit.kernel.factories import IdempotencyRowFactory, InboxRowFactory

from .conftest import Shop, of

pytestmark = pytest.mark.django_db
Told = Callable[[], set[tuple[str, str]]]
NOBODY = UUID("01900000-0000-7000-8000-0000000000ff")
BACK = timedelta(hours=2)


def past() -> Any:
    return clock.now() - BACK


def without_check(table: str, name: str) -> None:
    """Let the database accept what its CHECK forbids, until the test is over."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        elif connection.vendor == "mysql":
            cursor.execute("SET check_constraint_checks = 0")
        else:
            cursor.execute("PRAGMA ignore_check_constraints = ON")


@pytest.fixture
def lax() -> Any:
    """Return ``without_check``; the connection forbids again afterwards."""
    yield without_check
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            cursor.execute("SET check_constraint_checks = 1")
        elif connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


def test_a_healthy_shop_has_no_findings(shop: Shop, told: Told) -> None:
    assert told() == set()


def test_a_demo_shop_has_no_findings(settings: Any, told: Told) -> None:
    settings.DEMO_PASSWORD = "harbour-and-oak-1"
    call_command("demo", stdout=io.StringIO())

    assert told() == set()


def test_oversold_stock_is_told(shop: Shop, told: Told, lax: Any) -> None:
    lax("products_stock", "products_stock_never_oversold")
    Stock.objects.filter(sku="MUG").update(reserved=F("on_hand") + 1)

    names = {name for name, about in told() if about == "MUG"}

    assert names == {
        "products.stock_is_never_oversold",
        "products.ledger_explains_stock",
        "products.holds_explain_what_is_reserved",
    }


def _stock(shop: Shop) -> set[tuple[str, str]]:
    StockMovement.objects.filter(sku="MUG", quantity=50).update(quantity=51)
    return {("products.ledger_explains_stock", "MUG")}


def _reserved(shop: Shop) -> set[tuple[str, str]]:
    Stock.objects.filter(sku="BOWL").update(reserved=F("reserved") + 1)
    return {("products.ledger_explains_stock", "BOWL"), ("products.holds_explain_what_is_reserved", "BOWL")}


def _hold_without_line(shop: Shop) -> set[tuple[str, str]]:
    ReservationLine.objects.filter(reservation=shop["held"].id, sku="BOWL").delete()
    return {
        ("products.holds_explain_what_is_reserved", "BOWL"),
        ("orders.orders_have_their_stock", of(shop["held"])),
    }


def _leaked_hold(shop: Shop) -> set[tuple[str, str]]:
    Reservation.objects.filter(order_id=shop["held"].id).update(expires_at=past())
    return {("products.holds_end_in_time", f"order {shop['held'].id}")}


def _hold_for_ever(shop: Shop) -> set[tuple[str, str]]:
    Reservation.objects.filter(order_id=shop["held"].id).update(expires_at=None)
    return {("products.holds_end_in_time", f"order {shop['held'].id}")}


def _reservation_of_nobody(shop: Shop) -> set[tuple[str, str]]:
    Reservation.objects.bulk_create([Reservation(order_id=NOBODY, state="confirmed")])
    return {("products.reservations_have_orders", f"order {NOBODY}")}


def _catalogue(shop: Shop) -> set[tuple[str, str]]:
    StockMovement.objects.update(created_at=past())
    Product.objects.filter(slug="mug").update(available=F("available") + 1)
    return {("products.catalogue_shows_what_is_there", "mug")}


def _no_reservation(shop: Shop) -> set[tuple[str, str]]:
    ReservationLine.objects.filter(reservation=shop["invoice"].id).delete()
    Reservation.objects.filter(order_id=shop["invoice"].id).delete()
    return {("orders.orders_have_their_stock", of(shop["invoice"]))}


def _cancelled_but_taken(shop: Shop) -> set[tuple[str, str]]:
    Reservation.objects.filter(order_id=shop["called_off"].id).update(state="confirmed")
    return {("orders.orders_have_their_stock", of(shop["called_off"]))}


def _ended_but_given_back(shop: Shop) -> set[tuple[str, str]]:
    Reservation.objects.filter(order_id=shop["ended"].id).update(state="cancelled")
    return {("orders.orders_have_their_stock", of(shop["ended"]))}


def _paid_but_expired(shop: Shop) -> set[tuple[str, str]]:
    Reservation.objects.filter(order_id=shop["paid"].id).update(state="expired")
    return {("orders.orders_have_their_stock", of(shop["paid"]))}


def _other_goods(shop: Shop) -> set[tuple[str, str]]:
    ReservationLine.objects.filter(reservation=shop["paid"].id, sku="MUG").update(quantity=1)
    return {("orders.orders_have_their_stock", of(shop["paid"]))}


def _line(shop: Shop) -> set[tuple[str, str]]:
    OrderLine.objects.filter(order=shop["paid"], sku="MUG").update(net_minor=F("net_minor") + 1)
    return {("orders.orders_add_up", of(shop["paid"]))}


def _total(shop: Shop) -> set[tuple[str, str]]:
    Order.objects.filter(id=shop["invoice"].id).update(total_minor=F("total_minor") + 1)
    return {("orders.orders_add_up", of(shop["invoice"]))}


def _lost_line(shop: Shop) -> set[tuple[str, str]]:
    OrderLine.objects.filter(order=shop["invoice"], sku="MUG").delete()
    return {
        ("orders.orders_add_up", of(shop["invoice"])),
        ("orders.orders_have_their_stock", of(shop["invoice"])),
    }


def _gap(shop: Shop) -> set[tuple[str, str]]:
    OrderChange.objects.filter(order=shop["refunded"], version=2).delete()
    return {("orders.histories_have_no_gaps", of(shop["refunded"]))}


def _completed(shop: Shop) -> set[tuple[str, str]]:
    Order.objects.filter(id=shop["paid"].id).update(status="completed")
    return {("orders.states_agree", of(shop["paid"]))}


def _refunded(shop: Shop) -> set[tuple[str, str]]:
    Order.objects.filter(id=shop["paid"].id).update(payment_status="refunded")
    return {("orders.states_agree", of(shop["paid"]))}


def _late(shop: Shop) -> set[tuple[str, str]]:
    Order.objects.filter(id=shop["held"].id).update(expires_at=past())
    return {("orders.orders_are_not_stuck", of(shop["held"]))}


def _placing(shop: Shop) -> set[tuple[str, str]]:
    Order.objects.filter(id=shop["held"].id).update(status="placing", updated_at=past())
    return {("orders.orders_are_not_stuck", of(shop["held"]))}


def _cart(shop: Shop) -> set[tuple[str, str]]:
    cart: Cart = CartFactory(status="ordered")
    return {("orders.carts_give_one_order", f"cart {cart.id}")}


def _answer(shop: Shop) -> set[tuple[str, str]]:
    IdempotencyRowFactory(resource_id=NOBODY, status=201)
    return {("orders.answers_name_orders", f"order {NOBODY}")}


def _voucher(shop: Shop) -> set[tuple[str, str]]:
    order = Order.objects.get(id=shop["invoice"].id)
    Order.objects.filter(id=order.id).update(voucher_code="TEN")
    VoucherFactory(used=1)
    return {
        ("orders.vouchers_count_their_uses", "voucher TEN"),
        ("orders.vouchers_count_their_uses", f"order {order.number}"),
    }


def _outbox(shop: Shop) -> set[tuple[str, str]]:
    OutboxRow.objects.bulk_create(
        [OutboxRow(event_id=NOBODY, type="orders.order_paid.v1", version=1, body="{}", created_at=past())]
    )
    return {("kernel.events_are_delivered", "outbox of the database default")}


def _retry(shop: Shop) -> set[tuple[str, str]]:
    InboxRowFactory(status=InboxRow.Status.RETRY, not_before=past())
    return {("kernel.retries_are_made", "inbox of the database default")}


def _dead(shop: Shop) -> set[tuple[str, str]]:
    InboxRowFactory(status=InboxRow.Status.DEAD, consumer="orders.handle", event_id=NOBODY)
    return {("kernel.nothing_was_given_up", f"orders.handle {NOBODY}")}


def _unsent(shop: Shop) -> set[tuple[str, str]]:
    MessageFactory(next_attempt_at=past(), created_at=past())
    return {("notifications.mails_go_out", "mails that nobody sends")}


def _refused(shop: Shop) -> set[tuple[str, str]]:
    MessageFactory(next_attempt_at=clock.now(), created_at=past(), error="OSError: away", attempts=3)
    return {("notifications.mails_go_out", "mails that the mail server does not take")}


def _failed(shop: Shop) -> set[tuple[str, str]]:
    message: Message = MessageFactory(status="failed", next_attempt_at=None, created_at=past())
    return {("notifications.mails_are_not_given_up", f"message {message.id}")}


def _unsealed(shop: Shop) -> set[tuple[str, str]]:
    AuditEntry.objects.bulk_create([AuditEntry(action="order_placed", at=past(), actor_role="admin", salt="0")])
    return {("users.audit_log_is_sealed", "audit log")}


BREAKS = (
    *(_stock, _reserved, _hold_without_line, _leaked_hold, _hold_for_ever, _reservation_of_nobody, _catalogue),
    *(_no_reservation, _cancelled_but_taken, _ended_but_given_back, _paid_but_expired, _other_goods),
    *(_line, _total, _lost_line, _gap, _completed, _refunded),
    *(_late, _placing, _cart, _voucher, _answer, _outbox, _retry, _dead, _unsent, _refused, _failed, _unsealed),
)


def test_what_is_broken_is_told_and_nothing_else(shop: Shop, told: Told, subtests: pytest.Subtests) -> None:
    for break_it in BREAKS:
        with subtests.test(break_it.__name__), transaction.atomic():
            expected = break_it(shop)

            found = told()

            transaction.set_rollback(True)
            assert found == expected


def test_what_is_well_at_the_second_look_is_not_told() -> None:
    looks: list[int] = []

    def look() -> list[Finding]:
        looks.append(1)
        names = {1: ("gone soon", "stays"), 2: ("stays", "new")}[len(looks)]
        return [Finding(about=name, problem="wrong", mend="look") for name in names]

    results = examine([Check(name="t.t", promise="", look=look, is_about_time=False)], pause=0)

    assert [finding.about for finding in results[0].findings] == ["stays"]


def test_the_doctor_cannot_write() -> None:
    def look() -> list[Finding]:
        Order.objects.update(version=9)
        return []

    with pytest.raises(RuntimeError, match="only looks"):
        examine([Check(name="t.t", promise="", look=look, is_about_time=False)], pause=0)


def test_the_command_says_what_mends_it_and_fails(shop: Shop) -> None:
    _leaked_hold(shop)
    said = io.StringIO()

    with pytest.raises(CommandError, match="1 findings in 1 of") as refusal:
        call_command("doctor", pause=0, stdout=said)

    assert refusal.value.returncode == 1
    assert f"order {shop['held'].id}" in said.getvalue()
    assert "-> Start the worker: manage.py worker" in said.getvalue()


def test_the_command_answers_in_json(shop: Shop) -> None:
    _gap(shop)
    said = io.StringIO()

    with pytest.raises(CommandError):
        call_command("doctor", json=True, pause=0, stdout=said)

    answer = orjson.loads(said.getvalue())
    assert answer["is_well"] is False
    wrong = {row["name"]: row["findings"] for row in answer["checks"] if row["findings"]}
    assert list(wrong) == ["orders.histories_have_no_gaps"]
    assert wrong["orders.histories_have_no_gaps"][0]["about"] == of(shop["refunded"])


def test_data_that_no_worker_has_seen_can_be_looked_at_without_its_delays(shop: Shop) -> None:
    _leaked_hold(shop)
    said = io.StringIO()

    call_command("doctor", timeless=True, pause=0, stdout=said)

    assert said.getvalue().startswith("All is well")


@pytest.mark.once
def test_every_check_is_broken_by_a_test() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_doctor*.py"))

    assert [row.name for row in all_checks() if f'"{row.name}"' not in source] == []


@pytest.mark.once
def test_every_check_is_explained_to_who_is_woken_by_it() -> None:
    page = (Path(__file__).parents[3] / "docs/operations.md").read_text(encoding="utf-8")

    explained = re.findall(r"^\| `((?:kernel|users|products|orders|notifications)\.\w+)` \|", page, re.MULTILINE)

    assert sorted(explained) == sorted(row.name for row in all_checks())

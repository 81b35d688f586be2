"""The doctor on payments, refunds, parcels and returns: each that is broken is told, and none that takes its time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from rest_framework.test import APIClient

from apps.orders.models.fulfilments import FulfilmentLine
from apps.orders.models.orders import Order, OrderLine
from apps.orders.models.payments import Payment
from apps.orders.models.refunds import Refund, RefundLine
from apps.orders.selectors.soundness_of_parts import (
    lines_count_what_left_and_what_came_back,
    refunds_come_to_their_end,
)
from apps.orders.services.fulfilments import Parcel, fulfil_order
from apps.orders.services.outcomes import record_outcome
from apps.orders.services.returning import record_return, return_due
from apps.orders.tests.factories import PaymentFactory, RefundFactory
from apps.products.models.stock import ReservationLine
from integrations.payments.port import Outcome, OutcomeState, RefundOutcome, RefundState
from kernel import clock
from kernel.actors import SYSTEM
from kernel.events.relay import deliver_all
from kernel.money import Money

from .conftest import Shop, of

pytestmark = pytest.mark.django_db
Told = Callable[[], set[tuple[str, str]]]


def ago(**span: float) -> datetime:
    return clock.now() - timedelta(**span)


def refund_of(order: Order, **fields: Any) -> Refund:
    """Return a refund of 1.00 by card that its provider was asked for."""
    asked = {"payment": Payment.objects.get(order=order), "card": None, "amount_minor": 100, "state": "requested"}
    refund: Refund = RefundFactory(order=Order.objects.get(id=order.id), **{**asked, **fields})
    return refund


def attempt_at(order: Order, **fields: Any) -> Payment:
    """Return an attempt to pay an order by card."""
    asked = {"method": "sandbox_card", "reference": f"attempt-{order.number}", "state": "authorised"}
    payment: Payment = PaymentFactory(order=order, **{**asked, **fields})
    return payment


def _lost_payment(shop: Shop) -> set[tuple[str, str]]:
    Payment.objects.filter(order=shop["paid"]).delete()
    return {("orders.money_adds_up", of(shop["paid"]))}


def _declined_payment(shop: Shop) -> set[tuple[str, str]]:
    Payment.objects.filter(order=shop["paid"]).update(state="declined")
    return {("orders.money_adds_up", of(shop["paid"]))}


def _refund(shop: Shop) -> set[tuple[str, str]]:
    Refund.objects.filter(order=shop["refunded"]).update(amount_minor=F("amount_minor") + 1)
    return {("orders.money_adds_up", of(shop["refunded"]))}


def _other_currency(shop: Shop) -> set[tuple[str, str]]:
    attempt_at(shop["called_off"], state="refund_due", currency="USD")
    Order.objects.filter(id=shop["called_off"].id).update(payment_status="refunded")
    return {("orders.states_agree", of(shop["called_off"]))}


def _nobody_asks(shop: Shop) -> set[tuple[str, str]]:
    refund = refund_of(shop["paid"], next_attempt_at=ago(hours=25), attempts=9)
    return {("orders.refunds_come_to_their_end", f"refund {refund} of {of(shop['paid'])}")}


def _nobody_will_ask(shop: Shop) -> set[tuple[str, str]]:
    refund = refund_of(shop["paid"], next_attempt_at=None, refunded_at=ago(hours=25))
    return {("orders.refunds_come_to_their_end", f"refund {refund} of {of(shop['paid'])}")}


def _nobody_answers(shop: Shop) -> set[tuple[str, str]]:
    soon = clock.now() + timedelta(hours=1)
    refund = refund_of(shop["paid"], next_attempt_at=soon, refunded_at=ago(days=8), attempts=200)
    attempt = attempt_at(shop["invoice"], state="pending", next_check_at=soon, created_at=ago(days=22))
    return {
        ("orders.refunds_come_to_their_end", f"refund {refund} of {of(shop['paid'])}"),
        ("orders.payments_come_to_their_end", f"payment {attempt} of {of(shop['invoice'])}"),
    }


def _nobody_decides(shop: Shop) -> set[tuple[str, str]]:
    refund = refund_of(shop["paid"], state="failed", refunded_at=ago(days=8))
    return {("orders.refunds_come_to_their_end", f"refund {refund} of {of(shop['paid'])}")}


def _nobody_looks(shop: Shop) -> set[tuple[str, str]]:
    attempt = attempt_at(shop["invoice"], next_check_at=ago(hours=25))
    return {("orders.payments_come_to_their_end", f"payment {attempt} of {of(shop['invoice'])}")}


def _nobody_will_look(shop: Shop) -> set[tuple[str, str]]:
    attempt = attempt_at(shop["invoice"], next_check_at=None, updated_at=ago(hours=25))
    return {("orders.payments_come_to_their_end", f"payment {attempt} of {of(shop['invoice'])}")}


def _more_than_it_brought(shop: Shop) -> set[tuple[str, str]]:
    payment = Payment.objects.get(order=shop["refunded"])
    Payment.objects.filter(id=payment.id).update(amount_minor=1)
    attempt_at(shop["refunded"], state="captured", amount_minor=payment.amount_minor - 1)
    return {("orders.payments_cover_their_refunds", f"payment {payment} of {of(shop['refunded'])}")}


def _refunded_by_its_payment(shop: Shop) -> set[tuple[str, str]]:
    Payment.objects.filter(order=shop["refunded"]).update(state="refunded")
    return {("orders.payments_cover_their_refunds", of(shop["refunded"]))}


def _shipped_without_parcel(shop: Shop) -> set[tuple[str, str]]:
    OrderLine.objects.filter(order=shop["paid"], sku="MUG").update(fulfilled_quantity=1)
    return {("orders.lines_count_what_left_and_what_came_back", of(shop["paid"]))}


def _another_parcel(shop: Shop) -> set[tuple[str, str]]:
    fulfil_order(order_id=shop["paid"].id, parcel=Parcel(quantities={"MUG": 1}), actor=SYSTEM, now=clock.now())
    FulfilmentLine.objects.update(quantity=2)
    return {("orders.lines_count_what_left_and_what_came_back", of(shop["paid"]))}


def _refunded_without_refund(shop: Shop) -> set[tuple[str, str]]:
    OrderLine.objects.filter(order=shop["refunded"], sku="MUG").update(refunded_quantity=2, removed_quantity=2)
    return {("orders.lines_count_what_left_and_what_came_back", of(shop["refunded"]))}


def _refund_without_pieces(shop: Shop) -> set[tuple[str, str]]:
    RefundLine.objects.filter(refund__order=shop["refunded"]).delete()
    return {("orders.lines_count_what_left_and_what_came_back", of(shop["refunded"]))}


def _taken_off(shop: Shop) -> set[tuple[str, str]]:
    OrderLine.objects.filter(order=shop["paid"]).update(removed_quantity=1)
    return {("orders.lines_count_what_left_and_what_came_back", of(shop["paid"]))}


def _neither_shipped_nor_taken_off(shop: Shop) -> set[tuple[str, str]]:
    OrderLine.objects.filter(order=shop["refunded"], sku="MUG").update(removed_quantity=0)
    return {("orders.lines_count_what_left_and_what_came_back", of(shop["refunded"]))}


def _returned(shop: Shop) -> set[tuple[str, str]]:
    ReservationLine.objects.filter(reservation=shop["refunded"].id).update(returned_quantity=0)
    return {("products.reservations_count_what_came_back", f"order {shop['refunded'].id}")}


BREAKS = (
    *(_lost_payment, _declined_payment, _refund, _other_currency),
    *(_nobody_asks, _nobody_will_ask, _nobody_answers, _nobody_decides, _nobody_looks, _nobody_will_look),
    *(_more_than_it_brought, _refunded_by_its_payment, _shipped_without_parcel, _another_parcel),
    *(_refunded_without_refund, _refund_without_pieces, _taken_off, _neither_shipped_nor_taken_off, _returned),
)


def test_what_is_broken_is_told_and_nothing_else(shop: Shop, told: Told, subtests: pytest.Subtests) -> None:
    for break_it in BREAKS:
        with subtests.test(break_it.__name__), transaction.atomic():
            expected = break_it(shop)

            found = told()

            transaction.set_rollback(True)
            assert found == expected


def _asked_a_minute_ago(shop: Shop) -> None:
    refund_of(shop["paid"], next_attempt_at=ago(minutes=1), refunded_at=ago(minutes=1))


def _asked_every_hour_for_days(shop: Shop) -> None:
    soon = clock.now() + timedelta(hours=1)
    refund_of(shop["paid"], next_attempt_at=soon, refunded_at=ago(days=6), attempts=150)
    attempt_at(shop["invoice"], state="pending", next_check_at=soon, created_at=ago(days=20), updated_at=ago(days=20))


def _late_by_less_than_a_day(shop: Shop) -> None:
    refund_of(shop["paid"], next_attempt_at=ago(hours=23), refunded_at=ago(days=2))
    attempt_at(shop["invoice"], next_check_at=ago(hours=23), created_at=ago(days=2), updated_at=ago(days=2))


def _failed_this_week(shop: Shop) -> None:
    refund_of(shop["paid"], state="failed", refunded_at=ago(days=6))


def _asked_a_month_ago_and_failed_yesterday(shop: Shop) -> None:
    refund = refund_of(shop["paid"], next_attempt_at=ago(days=1), refunded_at=ago(days=30))
    refused = RefundOutcome(state=RefundState.FAILED, message="No.")
    record_return(refund_id=refund.id, asked_round=0, outcome=refused, now=ago(days=1))


def _a_second_step_on_our_own_page(shop: Shop) -> None:
    attempt_at(shop["held"], state="requires_action", next_check_at=None, updated_at=ago(days=3))


def _money_in_another_currency(shop: Shop) -> None:
    late = attempt_at(shop["called_off"], state="requires_action")
    outcome = Outcome(state=OutcomeState.CAPTURED, amount=Money(4100, "USD"))
    record_outcome(payment_id=late.id, outcome=outcome, actor=SYSTEM, now=clock.now())


WAITS = (
    *(_asked_a_minute_ago, _asked_every_hour_for_days, _late_by_less_than_a_day, _failed_this_week),
    *(_asked_a_month_ago_and_failed_yesterday, _a_second_step_on_our_own_page, _money_in_another_currency),
)


def test_what_takes_its_time_is_not_told(shop: Shop, told: Told, subtests: pytest.Subtests) -> None:
    for wait in WAITS:
        with subtests.test(wait.__name__), transaction.atomic():
            wait(shop)

            found = told()

            transaction.set_rollback(True)
            assert found == set()


def test_orders_that_left_and_came_back_in_parts_have_no_findings(shop: Shop, told: Told, staff: Any) -> None:
    office = APIClient()
    office.force_authenticate(staff)

    def ask(story: str, action: str, body: Any) -> None:
        answer = office.post(f"/api/v1/orders/{shop[story].id}/{action}/", body)
        assert answer.status_code in {200, 201}, answer.content
        return_due(now=clock.now())

    ask("paid", "fulfilments", {"lines": [{"sku": "MUG", "quantity": 1}]})
    ask("paid", "refunds", {"lines": [{"sku": "MUG", "quantity": 2}], "restock": True})
    ask("paid", "refunds", {"lines": [{"sku": "BOWL", "quantity": 1}]})
    ask("invoice", "fulfilments", {})
    ask("invoice", "pay", {})
    ask("invoice", "refunds", {"lines": [{"sku": "BOWL", "quantity": 1}], "restock": True})
    ask("held", "pay", {})
    ask("held", "cancel", {})
    ask("held", "refunds", {"lines": [{"sku": "BOWL", "quantity": 1}], "restock": True})
    deliver_all()

    assert told() == set()


def test_the_findings_name_what_is_wrong_and_what_to_do(shop: Shop) -> None:
    refund_of(shop["paid"], next_attempt_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC))
    _refunded_without_refund(shop)

    [late], [line] = refunds_come_to_their_end(), lines_count_what_left_and_what_came_back()

    assert late.problem == "Its provider should have been asked by 2026-01-02 03:04."
    assert late.mend.startswith("Start the worker: manage.py worker.")
    assert line.problem == (
        "Of MUG its line counts 0 shipped, 2 refunded and 2 that will not be shipped; "
        "its parcels hold 0, its refunds 1."
    )
    assert "compare with the parcels that were handed over" in line.mend

"""Every step an order may take, and none that it may not."""

from enum import StrEnum
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.orders.rules.states import (
    FulfilmentStatus,
    OrderState,
    PaymentStatus,
    Status,
    TransitionRefusedError,
    check_step,
    fulfilment_after,
    may_cancel,
    may_fulfil,
    may_pay,
    payment_after_cancelling,
    payment_after_failed_refund,
    payment_after_refund,
    status_after,
    without_goods,
)

states = st.builds(
    OrderState,
    status=st.sampled_from(Status),
    payment=st.sampled_from(PaymentStatus),
    fulfilment=st.sampled_from(FulfilmentStatus),
)
OVER = {Status.COMPLETED, Status.CANCELLED, Status.REJECTED}
NEW = OrderState(status=Status.OPEN, payment=PaymentStatus.UNPAID, fulfilment=FulfilmentStatus.UNFULFILLED)


@settings(max_examples=2000)
@given(states, states)
def test_what_is_over_stays_over_and_what_is_shipped_stays_shipped(before: OrderState, after: OrderState) -> None:
    try:
        check_step(before=before, after=after)
    except TransitionRefusedError:
        return

    assert before.status not in OVER or after.status is before.status
    assert list(FulfilmentStatus).index(after.fulfilment) >= list(FulfilmentStatus).index(before.fulfilment)
    assert after.payment is not PaymentStatus.UNPAID or before.payment in {
        PaymentStatus.UNPAID,
        PaymentStatus.AUTHORISED,
    }


@pytest.mark.parametrize(
    ("field", "table", "steps"),
    [
        ("status", Status, {
            "placing": {"open", "rejected", "cancelled"},
            "open": {"completed", "cancelled"},
        }),
        ("payment", PaymentStatus, {
            "unpaid": {"authorised", "paid", "refund_due"},
            "authorised": {"unpaid", "paid", "refund_due"},
            "paid": {"refund_due", "partially_refunded", "refunded"},
            "partially_refunded": {"paid", "refund_due", "refunded"},
            "refund_due": {"refunded"},
            "refunded": {"refund_due"},
        }),
        ("fulfilment", FulfilmentStatus, {
            "unfulfilled": {"partially_fulfilled", "fulfilled"},
            "partially_fulfilled": {"fulfilled"},
        }),
    ],
)  # fmt: skip
def test_these_are_the_steps_and_there_is_no_other(
    field: str, table: type[StrEnum], steps: dict[str, set[str]]
) -> None:
    for present, wanted in product(table, table):
        before, after = _with(NEW, **{field: present}), _with(NEW, **{field: wanted})
        if wanted is present or wanted in steps.get(present, set()):
            check_step(before=before, after=after)
        else:
            with pytest.raises(TransitionRefusedError):
                check_step(before=before, after=after)


@settings(max_examples=2000)
@given(states)
def test_whatever_may_be_done_is_a_step_of_the_tables(state: OrderState) -> None:
    if may_pay(state):
        check_step(before=state, after=_with(state, payment=PaymentStatus.PAID))
    if may_fulfil(state, ships_before_payment=True):
        for left in (0, 1):
            check_step(before=state, after=_with(state, fulfilment=fulfilment_after(left_to_ship=left)))
    if may_cancel(state, was_restocked=False) and state.payment is not PaymentStatus.REFUNDED:
        payment = payment_after_cancelling(state.payment, kept_minor=0)
        check_step(before=state, after=_with(state, status=Status.CANCELLED, payment=payment))


@pytest.mark.parametrize(("field", "table"), [("status", Status), ("payment", PaymentStatus)])
def test_the_refusal_names_what_may_not_move(field: str, table: type) -> None:
    last = OrderState(status=Status.CANCELLED, payment=PaymentStatus.REFUNDED, fulfilment=FulfilmentStatus.FULFILLED)

    with pytest.raises(TransitionRefusedError) as refusal:
        check_step(before=last, after=_with(last, **{field: next(iter(table))}))

    assert refusal.value.extra["field"].startswith(field)
    assert refusal.value.status == 409


def test_only_an_untouched_open_order_can_be_cancelled() -> None:
    permitted = [
        state
        for status, fulfilment in product(Status, FulfilmentStatus)
        if may_cancel(
            state := OrderState(status=status, payment=PaymentStatus.UNPAID, fulfilment=fulfilment),
            was_restocked=False,
        )
    ]

    assert {(state.status, state.fulfilment) for state in permitted} == {
        (Status.PLACING, FulfilmentStatus.UNFULFILLED),
        (Status.OPEN, FulfilmentStatus.UNFULFILLED),
    }
    assert not may_cancel(NEW, was_restocked=True)


def test_money_is_asked_for_while_an_open_order_is_not_paid() -> None:
    payable = {
        (status, payment)
        for status, payment in product(Status, PaymentStatus)
        if may_pay(_with(NEW, status=status, payment=payment))
    }

    assert payable == {(Status.OPEN, PaymentStatus.UNPAID), (Status.OPEN, PaymentStatus.AUTHORISED)}


def test_goods_wait_for_the_money_unless_the_bill_comes_later() -> None:
    paid = _with(NEW, payment=PaymentStatus.PAID)

    assert may_fulfil(NEW, ships_before_payment=True)
    assert not may_fulfil(NEW, ships_before_payment=False)
    assert may_fulfil(paid, ships_before_payment=False)
    assert may_fulfil(_with(NEW, payment=PaymentStatus.PARTIALLY_REFUNDED), ships_before_payment=False)
    assert not may_fulfil(_with(paid, status=Status.CANCELLED), ships_before_payment=True)
    assert not may_fulfil(_with(paid, fulfilment=FulfilmentStatus.FULFILLED), ships_before_payment=True)


def test_goods_are_partly_gone_while_something_is_left() -> None:
    assert fulfilment_after(left_to_ship=1) is FulfilmentStatus.PARTIALLY_FULFILLED
    assert fulfilment_after(left_to_ship=0) is FulfilmentStatus.FULFILLED


def test_an_order_completes_when_it_is_delivered_and_settled() -> None:
    shipped = _with(NEW, fulfilment=FulfilmentStatus.FULFILLED)

    assert status_after(shipped) is Status.OPEN
    assert status_after(_with(NEW, payment=PaymentStatus.PAID)) is Status.OPEN
    for payment in (PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED):
        assert status_after(_with(shipped, payment=payment)) is Status.COMPLETED
    assert status_after(_with(shipped, payment=PaymentStatus.PAID, status=Status.CANCELLED)) is Status.CANCELLED


def test_an_order_without_goods_is_complete_if_some_were_shipped_and_else_called_off() -> None:
    begun = _with(NEW, fulfilment=FulfilmentStatus.PARTIALLY_FULFILLED)

    assert without_goods(begun).fulfilment is FulfilmentStatus.FULFILLED
    assert without_goods(_with(NEW, fulfilment=FulfilmentStatus.FULFILLED)).status is Status.OPEN
    assert without_goods(NEW).status is Status.CANCELLED
    assert without_goods(_with(NEW, status=Status.REJECTED)).status is Status.REJECTED


def test_money_that_was_kept_is_owed_after_cancelling() -> None:
    assert payment_after_cancelling(PaymentStatus.PAID, kept_minor=1) is PaymentStatus.REFUND_DUE
    assert payment_after_cancelling(PaymentStatus.UNPAID, kept_minor=0) is PaymentStatus.UNPAID
    assert payment_after_cancelling(PaymentStatus.AUTHORISED, kept_minor=0) is PaymentStatus.UNPAID


def test_a_refund_of_everything_settles_and_a_part_leaves_a_debt_as_it_was() -> None:
    after = [
        payment_after_refund(paid_minor=100, refunded_minor=refunded, present=present)
        for refunded, present in (
            (100, PaymentStatus.REFUND_DUE),
            (99, PaymentStatus.REFUND_DUE),
            (99, PaymentStatus.PAID),
        )
    ]

    assert after == [PaymentStatus.REFUNDED, PaymentStatus.REFUND_DUE, PaymentStatus.PARTIALLY_REFUNDED]


def test_a_refund_that_comes_back_leaves_what_was_refunded_besides() -> None:
    after = [
        payment_after_failed_refund(present, total_minor=100, refunded_minor=refunded, kept_minor=kept)
        for refunded, kept, present in (
            (0, 100, PaymentStatus.REFUNDED),
            (0, 100, PaymentStatus.PARTIALLY_REFUNDED),
            (1, 99, PaymentStatus.PARTIALLY_REFUNDED),
            (1, 100, PaymentStatus.PARTIALLY_REFUNDED),
            (0, 100, PaymentStatus.REFUND_DUE),
        )
    ]

    assert after == [
        PaymentStatus.REFUND_DUE,
        PaymentStatus.PAID,
        PaymentStatus.PARTIALLY_REFUNDED,
        PaymentStatus.PAID,
        PaymentStatus.REFUND_DUE,
    ]


def _with(state: OrderState, **changes: object) -> OrderState:
    values = {"status": state.status, "payment": state.payment, "fulfilment": state.fulfilment}
    return OrderState(**{**values, **changes})

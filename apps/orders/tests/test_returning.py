"""Refunds that a provider gives back, and what happens when it refuses."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.orders.models.orders import Order
from apps.orders.models.payments import Payment
from apps.orders.models.refunds import Refund
from apps.orders.selectors.soundness import states_agree
from apps.orders.services import returning
from apps.orders.services.cancelling import cancel_order
from apps.orders.services.outcomes import record_outcome
from apps.orders.services.payments import record_payment
from apps.orders.services.returning import record_return, return_due
from apps.orders.tests.factories import OrderFactory, PaymentFactory, RefundFactory
from contracts.orders import OrderRefunded, RefundFailed
from integrations.payments.port import Outcome, OutcomeState, ProviderAwayError, RefundOutcome
from integrations.payments.port import RefundState as Answered
from kernel.actors import SYSTEM
from kernel.doctor import Finding
from kernel.money import Money
from tests.fixtures import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client: Client, staff: Any, noon: Any) -> Client:
    """Return a client that an admin has signed in, at noon."""
    client.force_login(staff)
    return client


@pytest.fixture
def paid_by_card(db: None) -> Order:
    """Return an order of 39.90, paid by the play card that gives nothing back."""
    order = OrderFactory(payment_status="paid", paid_minor=0, payment_method="sandbox_card")
    PaymentFactory(order=order, method="sandbox_card", provider_reference="sandbox-keeps-the-money")
    order.paid_minor = 3990
    order.save()
    return order


def money(order: Order) -> tuple[str, int, int]:
    """Return where the money stands: what went back, what is on its way."""
    order.refresh_from_db()
    return order.payment_status, order.refunded_minor, order.returning_minor


def ask_back(office: Client, order: Order, amount: str = "10.00") -> Any:
    """Refund an amount in the back office."""
    fields = {"amount": amount, "reference": f"wish-{amount}"}
    return office.post(f"/office/orders/{order.id}/refund/", fields)


def arrive(order: Order, amount: Money) -> Refund:
    """Let money arrive by card that the order does not ask for; return what has to go back of it."""
    payment = PaymentFactory(
        order=order, method="sandbox_card", reference=f"{order.number}-late", state="requires_action"
    )
    outcome = Outcome(state=OutcomeState.CAPTURED, amount=amount)
    record_outcome(payment_id=payment.id, outcome=outcome, actor=SYSTEM, now=NOON)
    return Refund.objects.get(payment=payment)


def say(refund: Refund, state: Answered, *, asked_round: int = 0) -> None:
    """Write down what the provider answered when it was asked in a round."""
    outcome = RefundOutcome(state=state, provider_reference=f"re_{asked_round}")
    record_return(refund_id=refund.id, asked_round=asked_round, outcome=outcome, now=NOON)


def decide(office: Client, refund: Refund, decision: str) -> Any:
    """Say what to do with a refused refund."""
    address = f"/office/orders/{refund.order_id}/refunds/{refund.id}/"
    return office.post(address, {"decision": decision})


def test_a_refused_refund_is_told_and_still_owed(
    office: Client, paid_by_card: Order, published: Any, noon: Any
) -> None:
    ask_back(office, paid_by_card)
    asked = money(paid_by_card)

    worked = [return_due(now=NOON) for _ in range(2)]

    assert asked == money(paid_by_card) == ("paid", 0, 1000)
    assert worked == [1, 0]
    assert [(fact.amount.minor, fact.message) for fact in published() if isinstance(fact, RefundFailed)] == [
        (1000, "The bank refused the refund.")
    ]
    page = office.get(f"/office/orders/{paid_by_card.id}/").content.decode()
    assert "The bank refused the refund." in page
    assert "I sent it through the bank" in page


def test_staff_sends_the_money_another_way_and_says_so(office: Client, published: Any) -> None:
    refund = RefundFactory()

    answers = [decide(office, refund, "settled") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert money(refund.order) == ("partially_refunded", 1000, 0)
    assert len([fact for fact in published() if isinstance(fact, OrderRefunded)]) == 1


def test_staff_asks_once_more(office: Client) -> None:
    refund = RefundFactory()

    decide(office, refund, "again")
    return_due(now=NOON)

    refund.refresh_from_db()
    assert (refund.state, refund.round) == ("done", 1)
    assert money(refund.order) == ("partially_refunded", 1000, 0)


def test_a_refund_of_another_order_is_not_there(office: Client) -> None:
    refund, other = RefundFactory(), OrderFactory()

    answer = office.post(f"/office/orders/{other.id}/refunds/{refund.id}/", {"decision": "settled"})

    assert answer.status_code == 404
    assert money(refund.order) == ("paid", 0, 1000)


def test_a_refund_that_was_done_and_came_back_is_owed_again(published: Any) -> None:
    refund = RefundFactory(amount_minor=3990, state="requested")
    say(refund, Answered.DONE)
    assert money(refund.order) == ("refunded", 3990, 0)

    for _ in range(2):
        say(refund, Answered.FAILED)

    assert money(refund.order) == ("refund_due", 0, 3990)
    assert len([fact for fact in published() if isinstance(fact, RefundFailed)]) == 1


def test_an_older_answer_that_comes_late_gives_nothing_back_that_failed() -> None:
    refund = RefundFactory(amount_minor=3990, state="requested")
    say(refund, Answered.FAILED)

    say(refund, Answered.DONE)

    refund.refresh_from_db()
    assert refund.state == "failed"
    assert money(refund.order) == ("paid", 0, 3990)


def test_a_part_that_was_done_and_came_back_leaves_the_order_paid() -> None:
    refund = RefundFactory(state="requested")
    say(refund, Answered.DONE)
    assert money(refund.order) == ("partially_refunded", 1000, 0)

    say(refund, Answered.FAILED)

    assert money(refund.order) == ("paid", 0, 1000)
    assert list(states_agree()) == []


def test_an_order_has_all_its_money_when_the_surplus_went_back_and_the_only_part_did_not(
    office: Client, paid_by_card: Order
) -> None:
    surplus = arrive(paid_by_card, Money(3990, "EUR"))
    say(surplus, Answered.DONE)
    ask_back(office, paid_by_card)
    part = Refund.objects.exclude(id=surplus.id).get()
    say(part, Answered.DONE)
    assert money(paid_by_card) == ("partially_refunded", 4990, 0)

    say(part, Answered.FAILED)

    assert money(paid_by_card) == ("paid", 3990, 1000)
    assert list(states_agree()) == []


def test_an_order_of_which_a_part_went_back_is_not_paid_because_its_surplus_did_not(
    office: Client, paid_by_card: Order
) -> None:
    surplus = arrive(paid_by_card, Money(3990, "EUR"))
    say(surplus, Answered.DONE)
    ask_back(office, paid_by_card)
    say(Refund.objects.exclude(id=surplus.id).get(), Answered.DONE)

    say(surplus, Answered.FAILED)
    came_back = money(paid_by_card)
    decide(office, surplus, "settled")

    assert came_back == ("partially_refunded", 1000, 3990)
    assert money(paid_by_card) == ("partially_refunded", 4990, 0)
    assert list(states_agree()) == []


def test_late_money_in_another_currency_is_owed_goes_back_and_is_owed_again(office: Client) -> None:
    order = OrderFactory(cancelled=True, payment_method="sandbox_card")

    def seen() -> tuple[str, str, list[Finding]]:
        return money(order)[0], Payment.objects.get().state, list(states_agree())

    refund = arrive(order, Money(4100, "USD"))
    assert seen() == ("refund_due", "refund_due", [])
    say(refund, Answered.DONE)
    assert seen() == ("refunded", "refunded", [])
    say(refund, Answered.FAILED)
    assert seen() == ("refund_due", "refund_due", [])
    decide(office, refund, "settled")

    assert seen() == ("refunded", "refunded", [])
    assert money(order) == ("refunded", 0, 0)


def test_money_in_another_currency_is_owed_after_the_own_went_back_at_the_bank(office: Client) -> None:
    order = OrderFactory(payment_status="paid", paid_minor=3990, payment_method="bank_transfer")
    refund = arrive(order, Money(4100, "USD"))

    ask_back(office, order, "39.90")
    own_is_back = (money(order), Payment.objects.get(currency="USD").state, list(states_agree()))
    say(refund, Answered.DONE)

    assert own_is_back == (("refunded", 3990, 0), "refund_due", [])
    assert Payment.objects.get(currency="USD").state == "refunded"
    assert (money(order), list(states_agree())) == (("refunded", 3990, 0), [])


def test_a_surplus_that_went_back_in_pieces_is_back_once_all_is(
    office: Client, paid_by_card: Order, staff: Any
) -> None:
    Order.objects.update(payment_method="invoice")
    cancel_order(order_id=paid_by_card.id, actor=SYSTEM, token="", now=NOON)
    record_payment(order_id=paid_by_card.id, reference="BANK", actor=SYSTEM, now=NOON)
    for amount in ("20.00", "19.90"):
        ask_back(office, paid_by_card, amount)

    say(Refund.objects.get(payment__method="sandbox_card"), Answered.DONE)

    assert money(paid_by_card) == ("refunded", 7980, 0)
    assert set(paid_by_card.payments.values_list("state", flat=True)) == {"refunded"}


def test_a_surplus_that_is_back_is_no_full_refund_of_an_order_that_waits_for_its_own(published: Any) -> None:
    refund = arrive(OrderFactory(payment_method="sandbox_card"), Money(3000, "EUR"))

    say(refund, Answered.DONE)

    assert [fact.is_full for fact in published() if isinstance(fact, OrderRefunded)] == [False]


@pytest.mark.parametrize("decision", ["settled", "again"])
def test_an_answer_from_before_staff_decided_counts_for_nothing(office: Client, decision: str) -> None:
    refund = RefundFactory(provider_reference="re_0")
    decide(office, refund, decision)
    if decision == "again":
        say(refund, Answered.PENDING, asked_round=1)
    decided = money(refund.order)

    say(refund, Answered.FAILED)

    refund.refresh_from_db()
    assert money(refund.order) == decided
    assert (refund.state, refund.provider_reference) == (
        ("done", "") if decision == "settled" else ("requested", "re_1")
    )


def test_a_completed_order_whose_money_goes_back_is_sound(office: Client, noon: Any) -> None:
    order = OrderFactory(payment_status="paid", shipped=True, status="completed", payment_method="sandbox_card")
    PaymentFactory(order=order, method="sandbox_card", provider_reference="sandbox-keeps-the-money")
    Order.objects.update(paid_minor=3990)

    ask_back(office, order, "39.90")

    assert money(order) == ("refund_due", 0, 3990)
    assert list(states_agree()) == []


def test_a_provider_that_is_away_is_asked_again_later(
    office: Client, paid_by_card: Order, noon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_back(office, paid_by_card)
    with monkeypatch.context() as patched:
        patched.setattr("integrations.payments.sandbox.SandboxCard.refund", _away)
        return_due(now=NOON)
    refund = Refund.objects.get()

    assert (refund.state, refund.attempts, refund.next_attempt_at) == ("requested", 1, NOON + timedelta(seconds=15))
    assert return_due(now=NOON + timedelta(seconds=14)) == 0
    assert return_due(now=NOON + timedelta(seconds=15)) == 1


def test_two_workers_do_not_take_the_same_refund(office: Client, paid_by_card: Order) -> None:
    ask_back(office, paid_by_card)
    refund = Refund.objects.select_related("payment", "order").get()

    taken = [returning._claim(refund, now=NOON) for _ in range(2)]

    assert taken == [True, False]


def _away(*_arguments: object) -> None:
    raise ProviderAwayError

"""Money that arrives at the bank, noted twice, half, or asked for where nobody can be asked."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.orders.models.orders import Order
from apps.orders.models.payments import Payment
from apps.orders.models.refunds import Refund
from apps.orders.selectors.soundness import money_adds_up, states_agree
from apps.orders.services import payments
from apps.orders.services.returning import return_due
from apps.orders.services.settling import settle_due
from apps.orders.tests.factories import OrderFactory, PaymentFactory
from apps.products.tests.factories import VariantFactory
from integrations.payments.offline import PaidOutsideError
from kernel import clock

from .test_everything_at_once import CARD, signed_in
from .test_many_at_once import at_once, buyer

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 8


def order_by(method: str) -> Order:
    """Return an order of one MUG."""
    return Order.objects.get(id=buyer("MUG").order(payment_method=method).json()["id"])


@pytest.fixture(autouse=True)
def _shelf(db: None) -> None:
    VariantFactory(sku="MUG", on_hand=100)


def test_money_without_a_reference_that_is_noted_twice_at_once_arrived_once(staff: Any) -> None:
    for _ in range(ROUNDS):
        order = order_by("bank_transfer")
        path = f"/api/v1/orders/{order.id}/pay/"

        answers = at_once([lambda path=path: signed_in(staff).post(path, {}) for _ in range(2)])

        order.refresh_from_db()
        assert {answer.status_code for answer in answers} <= {200, 409}
        assert (order.payment_status, order.paid_minor) == ("paid", order.total_minor)
        assert [payment.state for payment in order.payments.all()] == ["captured"]


@pytest.mark.parametrize(("step", "kind"), [("pay", Payment), ("refund", Refund)])
def test_a_name_that_is_given_to_two_orders_at_once_counts_for_one(staff: Any, step: str, kind: Any) -> None:
    clients = [Client(raise_request_exception=False) for _ in range(2)]
    for one in clients:
        one.force_login(staff)
    for number in range(ROUNDS):
        orders = [order_by("invoice") for _ in clients]
        for order in orders if step == "refund" else ():
            clients[0].post(f"/office/orders/{order.id}/pay/", {})
        wish = {"reference": f"NAME-{number}", "amount": "1.00"}

        answers = at_once(
            [
                lambda one=one, order=order, wish=wish: one.post(f"/office/orders/{order.id}/{step}/", wish)
                for one, order in zip(clients, orders, strict=True)
            ]
        )

        assert sorted(answer.status_code for answer in answers) == [302, 422]
        assert kind.objects.filter(reference=wish["reference"]).count() == 1


def test_money_that_was_noted_by_a_process_that_died_is_noted_once_more(
    staff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = order_by("bank_transfer")
    path = f"/api/v1/orders/{order.id}/pay/"
    note_and_die(staff, order, {}, monkeypatch)

    signed_in(staff).post(path, {})

    assert [payment.state for payment in order.payments.all()] == ["captured"]


@pytest.mark.parametrize("method", ["invoice", "bank_transfer"])
def test_a_customer_who_pays_a_bill_online_leaves_no_attempt_behind(method: str) -> None:
    order = order_by(method)

    answer = APIClient().post(f"/api/v1/orders/{order.id}/pay/", {}, headers={"X-Order-Token": order.access_token})

    assert (answer.status_code, answer.json()["code"]) == (409, "paid_outside")
    assert not Payment.objects.exists()


def test_money_that_was_noted_and_not_recorded_is_given_up_and_can_still_be_recorded(
    staff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = order_by("bank_transfer")
    path = f"/api/v1/orders/{order.id}/pay/"
    note_and_die(staff, order, {"reference": "BANK-1"}, monkeypatch)
    APIClient().post(f"/api/v1/orders/{order.id}/cancel/", {}, headers={"X-Order-Token": order.access_token})

    settle_due(now=clock.now() + timedelta(minutes=1))
    given_up = Payment.objects.get().state
    signed_in(staff).post(path, {"reference": "BANK-1"})

    order.refresh_from_db()
    assert given_up == "declined"
    assert (order.status, order.payment_status, order.paid_minor) == ("cancelled", "refund_due", order.total_minor)


def test_a_payment_that_cannot_be_settled_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()
    bad, good = (_asked_for(now - timedelta(seconds=age)) for age in (20, 10))
    retrieve = payments.payment_method("sandbox_card").__class__.retrieve

    def refuse_the_first(self: Any, attempt: Any) -> Any:
        if attempt.payment_id == bad.id:
            raise PaidOutsideError
        return retrieve(self, attempt)

    monkeypatch.setattr("integrations.payments.sandbox.SandboxCard.retrieve", refuse_the_first)

    assert settle_due(now=now) == 2

    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.state) == ("pending", "declined")
    assert bad.next_check_at is not None
    assert bad.next_check_at > now


def test_money_that_came_by_card_too_goes_back_once_when_staff_sends_the_surplus_back(
    staff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = order_by("bank_transfer")
    note_and_die(staff, order, {"reference": "BANK-1"}, monkeypatch)
    APIClient().post(f"/api/v1/orders/{order.id}/pay/", CARD, headers={"X-Order-Token": order.access_token})
    signed_in(staff).post(f"/api/v1/orders/{order.id}/pay/", {"reference": "BANK-1"})

    answer = signed_in(staff).post(f"/api/v1/orders/{order.id}/refunds/", {"amount": all_of(order)})

    order.refresh_from_db()
    assert (answer.status_code, answer.json()["state"]) == (201, "done")
    assert return_due(now=clock.now()) == 0
    assert (order.status, order.payment_status) == ("open", "paid")
    assert (order.refunded_minor, order.returning_minor) == (order.total_minor, 0)
    assert states(order) == {"bank_transfer": "refunded", "sandbox_card": "captured"}
    assert not problems()


def test_the_card_still_gives_back_what_is_no_surplus(staff: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    order = order_by("bank_transfer")
    note_and_die(staff, order, {"reference": "BANK-1"}, monkeypatch)
    APIClient().post(f"/api/v1/orders/{order.id}/pay/", CARD, headers={"X-Order-Token": order.access_token})
    signed_in(staff).post(f"/api/v1/orders/{order.id}/pay/", {"reference": "BANK-1"})
    wishes: list[dict[str, Any]] = [
        {"lines": [{"sku": "MUG", "quantity": 1}], "amount": {"amount": "2.00", "currency": "EUR"}},
        {"amount": all_of(order)},
        {"amount": {"amount": "1.00", "currency": "EUR"}},
    ]

    answers = [signed_in(staff).post(f"/api/v1/orders/{order.id}/refunds/", wish) for wish in wishes]
    return_due(now=clock.now())

    order.refresh_from_db()
    assert [answer.json()["state"] for answer in answers] == ["requested", "done", "requested"]
    assert states(order) == {"bank_transfer": "refunded", "sandbox_card": "captured"}
    assert (order.payment_status, order.refunded_minor) == ("partially_refunded", order.total_minor + 300)
    assert not problems()


def test_a_surplus_at_the_bank_that_is_sent_back_leaves_the_order_paid(
    staff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = order_by("bank_transfer")
    note_and_die(staff, order, {"reference": "BANK-1"}, monkeypatch)
    for reference in ("BANK-2", "BANK-1"):
        signed_in(staff).post(f"/api/v1/orders/{order.id}/pay/", {"reference": reference})

    signed_in(staff).post(f"/api/v1/orders/{order.id}/refunds/", {"amount": all_of(order)})

    order.refresh_from_db()
    assert (order.status, order.payment_status, order.refunded_minor) == ("open", "paid", order.total_minor)
    assert sorted(payment.state for payment in order.payments.all()) == ["captured", "refunded"]
    assert not problems()


def test_what_came_by_card_and_at_the_bank_goes_back_each_by_itself(
    staff: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = order_by("bank_transfer")
    note_and_die(staff, order, {"reference": "BANK-1"}, monkeypatch)
    APIClient().post(f"/api/v1/orders/{order.id}/pay/", CARD, headers={"X-Order-Token": order.access_token})
    signed_in(staff).post(f"/api/v1/orders/{order.id}/pay/", {"reference": "BANK-1"})
    order.refresh_from_db()
    path = f"/api/v1/orders/{order.id}/refunds/"

    both = signed_in(staff).post(path, {"amount": {"amount": order.refundable.as_text(), "currency": "EUR"}})
    client.force_login(staff)
    shown = client.get(f"/office/orders/{order.id}/")
    by_card = signed_in(staff).post(path, {"amount": {"amount": "1.00", "currency": "EUR"}})
    called_off = signed_in(staff).post(f"/api/v1/orders/{order.id}/cancel/", {})
    return_due(now=clock.now())
    signed_in(staff).post(path, {"amount": all_of(order)})

    assert (both.status_code, both.json()["code"]) == (409, "refund_too_large")
    assert both.json()["left"] == all_of(order)
    assert "14.90 at once." in shown.content.decode()
    assert (by_card.json()["state"], called_off.status_code) == ("requested", 200), called_off.content
    order.refresh_from_db()
    assert (order.status, order.payment_status, order.returning_minor) == ("cancelled", "refunded", 0)
    assert order.refunded_minor == order.paid_minor == 2 * order.total_minor
    assert states(order) == {"bank_transfer": "refunded", "sandbox_card": "refunded"}
    assert not problems()


def note_and_die(staff: Any, order: Order, body: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Note money at the bank in a process that is killed before it is recorded."""
    with monkeypatch.context() as patched:
        patched.setattr(payments, "record_outcome", _killed)
        with pytest.raises(KeyboardInterrupt):
            signed_in(staff).post(f"/api/v1/orders/{order.id}/pay/", body)


def all_of(order: Order) -> dict[str, str]:
    """Return what an order costs."""
    return {"amount": order.total.as_text(), "currency": order.currency}


def states(order: Order) -> dict[str, str]:
    """Return where the money of each way to pay is."""
    return dict(order.payments.values_list("method", "state"))


def problems() -> list[Any]:
    """Return what contradicts itself."""
    return [*money_adds_up(), *states_agree()]


def _asked_for(moment: Any) -> Payment:
    order = OrderFactory(payment_method="sandbox_card")
    payment: Payment = PaymentFactory(order=order, method="sandbox_card", state="pending", next_check_at=moment)
    return payment


def _killed(*_arguments: object, **_named: object) -> None:
    raise KeyboardInterrupt


def test_what_a_bank_statement_says_keeps_no_other_order_from_being_paid(staff: Any) -> None:
    at_the_bank, by_card = order_by("bank_transfer"), order_by("sandbox_card")
    noted = signed_in(staff).post(f"/api/v1/orders/{at_the_bank.id}/pay/", {"reference": f"{by_card.number}-1"})
    assert noted.status_code == 200, noted.content

    answer = APIClient().post(
        f"/api/v1/orders/{by_card.id}/pay/", CARD, headers={"X-Order-Token": by_card.access_token}
    )

    assert answer.status_code == 200, answer.content
    by_card.refresh_from_db()
    assert (by_card.payment_status, by_card.paid_minor) == ("paid", by_card.total_minor)
    assert by_card.payments.get().reference == f"{by_card.number}-2"

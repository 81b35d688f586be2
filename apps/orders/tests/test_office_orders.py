"""The back office's pages of orders: who may enter, what is found, what is done, and what is refused and kept."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.orders.models.fulfilments import Fulfilment
from apps.orders.models.orders import Order, OrderLine
from apps.orders.models.payments import Payment
from apps.orders.models.refunds import Refund
from apps.orders.rules.states import FulfilmentStatus, PaymentStatus, Status
from apps.orders.tests.factories import OrderFactory
from contracts.notifications import SentMessage
from contracts.orders import GoodsReturned, OrderCancelled, OrderPaid, OrderRefunded, OrderShipped
from tests.fixtures import NOON

pytestmark = pytest.mark.django_db

ORDERS = "/office/orders/"


@pytest.fixture
def office(client: Client, staff: Any, noon: datetime) -> Client:
    """Return a client that an admin has signed in, at noon."""
    client.force_login(staff)
    return client


@pytest.fixture(autouse=True)
def _shelves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the shelves take back and give what these orders never took from them."""
    for name in ("confirm", "cancel", "restock"):
        monkeypatch.setattr(f"apps.products.facade.Facade.{name}", lambda _self, **_asked: None)


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch) -> SentMessage:
    """Return a mail that went out about every order, a second after noon."""
    sent = SentMessage(
        id=uuid4(),
        kind="order_placed",
        to="ada@example.com",
        subject="Thank you",
        status="sent",
        created_at=NOON + timedelta(seconds=1),
        sent_at=NOON + timedelta(seconds=2),
    )
    monkeypatch.setattr("apps.notifications.facade.Facade.messages", lambda _self, **_asked: [sent])
    return sent


def line_of(order: Order, sku: str) -> OrderLine:
    found: OrderLine = order.lines.get(sku=sku)
    return found


def numbers(answer: Any) -> list[str]:
    return [row.order.number for row in answer.context["rows"]]


@pytest.mark.parametrize("path", ["", "search/", "orders/", "settings/", "settings/taxes/", "settings/shipping/"])
def test_only_staff_may_enter(client: Client, shopper: Any, path: str) -> None:
    stranger = client.get(f"/office/{path}")
    client.force_login(shopper)

    assert (stranger.status_code, stranger["Location"]) == (302, f"/accounts/login/?next=/office/{path}")
    assert client.get(f"/office/{path}").status_code == 403


@pytest.mark.parametrize("action", ["fulfil", "pay", "refund", "cancel", "notes"])
def test_nobody_else_acts_on_an_order(client: Client, shopper: Any, action: str) -> None:
    order = OrderFactory(paid=True)
    client.force_login(shopper)

    answer = client.post(f"{ORDERS}{order.id}/{action}/", {"text": "Mine", "amount": "1"})

    assert answer.status_code == 403
    assert Order.objects.get(id=order.id).version == order.version


def test_a_form_without_its_token_changes_nothing(staff: Any) -> None:
    order, browser = OrderFactory(), Client(enforce_csrf_checks=True)
    browser.force_login(staff)

    answer = browser.post(f"{ORDERS}{order.id}/cancel/")

    assert answer.status_code == 403
    assert Order.objects.get(id=order.id).status == Status.OPEN


def test_each_tab_shows_what_waits_for_the_same(office: Client) -> None:
    late = {"due_at": NOON - timedelta(days=1)}
    OrderFactory(number="BILL")
    OrderFactory(number="LATE", shipped=True, **late)
    OrderFactory(number="BANK", by_bank=True)
    OrderFactory(number="PAID", paid=True)
    OrderFactory(number="DONE", paid=True, shipped=True, status=Status.COMPLETED)
    OrderFactory(number="OWED", cancelled=True, paid_minor=3990, payment_status=PaymentStatus.REFUND_DUE)

    found = {tab: set(numbers(office.get(f"{ORDERS}?tab={tab}"))) for tab in ("unfulfilled", "unpaid", "overdue")}
    rest = {tab: set(numbers(office.get(f"{ORDERS}?tab={tab}"))) for tab in ("refund_due", "shipped", "cancelled")}
    tabs = {tab.label: tab.count for tab in office.get(ORDERS).context["tabs"]}

    assert found == {"unfulfilled": {"BILL", "PAID"}, "unpaid": {"BILL", "LATE", "BANK"}, "overdue": {"LATE"}}
    assert rest == {"refund_due": {"OWED"}, "shipped": {"LATE", "DONE"}, "cancelled": {"OWED"}}
    assert set(numbers(office.get(f"{ORDERS}?tab=refunded"))) == {"OWED"}
    assert tabs["To fulfil"] == 2
    assert tabs["Unpaid"] == 3
    assert (tabs["Overdue"], tabs["To refund"], tabs["Shipped"]) == (1, 1, None)


@pytest.mark.parametrize("text", ["AB12", "#ab12cd", "grace", "TEAPOT"])
def test_an_order_is_found_by_number_address_and_sku(office: Client, text: str) -> None:
    order = OrderFactory(number="AB12CD", email="grace@example.com")
    OrderLine.objects.filter(order=order, sku="MUG").update(sku="TEAPOT")
    OrderFactory()

    listed = numbers(office.get(ORDERS, {"q": text}))
    found = numbers(office.get("/office/search/", {"q": text}))

    assert listed == found == ["AB12CD"]


@pytest.mark.parametrize("query", ["tab=some", "cursor=damaged", "q=a%00b", f"q={'x' * 201}"])
def test_a_filter_without_meaning_is_refused_on_the_page(office: Client, query: str) -> None:
    assert office.get(f"{ORDERS}?{query}").status_code == 400


def test_the_search_without_a_word_asks_for_one(office: Client) -> None:
    OrderFactory()

    answer = office.get("/office/search/?q=%20")

    assert answer.status_code == 200
    assert answer.context["rows"] == []


def test_the_list_is_paged_and_costs_the_same_however_long(office: Client, statements: Callable[..., Any]) -> None:
    OrderFactory()
    office.get(ORDERS)
    with statements() as few:
        office.get(ORDERS)
    OrderFactory.create_batch(30)
    with statements() as many:
        first = office.get(ORDERS)
    second = office.get(ORDERS + first.context["page"].next_url.removeprefix(ORDERS))

    assert len(few) == len(many)
    assert len(many) <= 7
    assert (len(numbers(first)), len(numbers(second))) == (25, 6)
    assert first.context["summary"] == "31 orders"


def test_an_order_offers_what_is_possible_and_nothing_else(office: Client) -> None:
    def offered(order: Order) -> set[str]:
        context = office.get(f"{ORDERS}{order.id}/").context
        return {name for name in ("fulfil", "pay", "refund", "cancel") if context[f"{name}_form"]}

    assert offered(OrderFactory()) == {"fulfil", "pay", "cancel"}
    assert offered(OrderFactory(by_bank=True)) == {"pay", "cancel"}
    assert offered(OrderFactory(paid=True)) == {"fulfil", "refund", "cancel"}
    assert offered(OrderFactory(payment_method="sandbox_card")) == {"cancel"}
    assert offered(OrderFactory(paid=True, shipped=True, status=Status.COMPLETED)) == {"refund"}


def test_an_order_shows_its_timeline_with_who_did_what(office: Client, mail: SentMessage) -> None:
    order = OrderFactory()
    office.post(f"{ORDERS}{order.id}/notes/", {"text": "Wrap it <well>"})

    answer = office.get(f"{ORDERS}{order.id}/")
    moments = [(moment.title, moment.who, moment.body) for moment in answer.context["moments"]]

    assert set(moments) == {
        ("Order placed", "Guest", ""),
        ("Note", "admin@example.com", "Wrap it <well>"),
        ("Mail “Thank you”", mail.to, ""),
    }
    assert "Wrap it &lt;well&gt;" in answer.content.decode()


def test_an_order_costs_the_same_however_many_parcels(office: Client, statements: Callable[..., Any]) -> None:
    order = OrderFactory()
    office.get(f"{ORDERS}{order.id}/")
    with statements() as before:
        office.get(f"{ORDERS}{order.id}/")
    for sku in ("MUG", "BOWL"):
        office.post(f"{ORDERS}{order.id}/fulfil/", {f"quantity-{line_of(order, sku).id}": "1"})
    office.get(f"{ORDERS}{order.id}/")
    with statements() as after:
        office.get(f"{ORDERS}{order.id}/")

    assert len(after) == len(before) + 1


def test_an_order_that_does_not_exist_is_not_found(office: Client) -> None:
    assert office.get(f"{ORDERS}{uuid4()}/").status_code == 404
    assert office.post(f"{ORDERS}{uuid4()}/cancel/").status_code == 404


def test_a_parcel_with_some_pieces_is_written_down(office: Client, published: Callable[[], list[Any]]) -> None:
    order = OrderFactory()
    page = office.get(f"{ORDERS}{order.id}/").content.decode()

    answer = office.post(
        f"{ORDERS}{order.id}/fulfil/",
        {f"quantity-{line_of(order, 'MUG').id}": "1", "carrier": "dhl", "tracking_number": "JD1", "version": "1"},
    )
    parcel = Fulfilment.objects.get()

    assert (answer.status_code, answer["Location"]) == (302, f"{ORDERS}{order.id}/")
    assert f'name="quantity-{line_of(order, "MUG").id}" value="2"' in page
    assert (parcel.carrier, parcel.tracking_number) == ("DHL", "JD1")
    assert Order.objects.get().fulfilment_status == FulfilmentStatus.PARTIALLY_FULFILLED
    assert [type(event) for event in published()] == [OrderShipped]


def test_the_same_parcel_sent_twice_ships_once(office: Client) -> None:
    order = OrderFactory()
    parcel = {f"quantity-{line_of(order, 'MUG').id}": "1", "version": "1"}

    office.post(f"{ORDERS}{order.id}/fulfil/", parcel)
    again = office.post(f"{ORDERS}{order.id}/fulfil/", parcel, follow=True)

    assert Fulfilment.objects.count() == 1
    assert "The order changed meanwhile" in again.content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"MUG": "3"}, "MUG"),
        ({"MUG": "-1"}, "MUG"),
        ({"MUG": "9" * 30}, "MUG"),
        ({"tracking_url": "javascript:1"}, "tracking_url"),
    ],
)
def test_a_parcel_that_cannot_be_is_refused_at_its_field(office: Client, changes: dict[str, str], field: str) -> None:
    order = OrderFactory()
    names = {"MUG": f"quantity-{line_of(order, 'MUG').id}"}
    typed = {"carrier": "Pigeon", names["MUG"]: "1"} | {names.get(name, name): text for name, text in changes.items()}

    answer = office.post(f"{ORDERS}{order.id}/fulfil/", typed)

    assert answer.status_code == 422
    assert list(answer.context["fulfil_form"].errors) == [names.get(field, field)]
    assert 'value="Pigeon"' in answer.content.decode()
    assert not Fulfilment.objects.exists()


def test_an_empty_parcel_is_refused(office: Client) -> None:
    order = OrderFactory()

    answer = office.post(f"{ORDERS}{order.id}/fulfil/", {})

    assert answer.status_code == 422
    assert answer.context["fulfil_form"].non_field_errors() == ["A parcel holds at least one piece."]


def test_money_from_the_bank_is_recorded_once(office: Client, published: Callable[[], list[Any]]) -> None:
    order = OrderFactory(by_bank=True)

    for _time in range(2):
        answer = office.post(f"{ORDERS}{order.id}/pay/", {"reference": "RF18"})

    assert answer.status_code == 302
    assert Payment.objects.get().reference == "RF18"
    assert Order.objects.get().payment_status == PaymentStatus.PAID
    assert [type(event) for event in published()] == [OrderPaid]


def test_a_payment_without_reference_sent_twice_says_that_it_is_paid(office: Client) -> None:
    order = OrderFactory()
    office.post(f"{ORDERS}{order.id}/pay/", {})

    again = office.post(f"{ORDERS}{order.id}/pay/", {}, follow=True)

    assert "This order is paid already." in again.content.decode()
    assert Payment.objects.count() == 1


def test_the_reference_of_another_order_is_refused_and_kept(office: Client) -> None:
    office.post(f"{ORDERS}{OrderFactory().id}/pay/", {"reference": "RF18"})
    order = OrderFactory()

    answer = office.post(f"{ORDERS}{order.id}/pay/", {"reference": "RF18"})

    assert answer.status_code == 422
    assert 'value="RF18"' in answer.content.decode()
    assert Order.objects.get(id=order.id).payment_status == PaymentStatus.UNPAID


def test_pieces_are_refunded_once_however_often_the_form_is_sent(
    office: Client, published: Callable[[], list[Any]]
) -> None:
    order = OrderFactory(paid=True)
    wish = {f"quantity-{line_of(order, 'MUG').id}": "1", "restock": "on", "reason": "Chipped", "reference": "form-1"}

    for _time in range(2):
        answer = office.post(f"{ORDERS}{order.id}/refund/", wish)
    refund = Refund.objects.get()

    assert answer.status_code == 302
    assert (refund.amount_minor, refund.reason, refund.restock) == (1000, "Chipped", True)
    assert Order.objects.get().payment_status == PaymentStatus.PARTIALLY_REFUNDED
    assert [type(event) for event in published()] == [OrderRefunded, GoodsReturned]


def test_a_refund_by_the_name_of_another_orders_is_refused(office: Client) -> None:
    order, other = OrderFactory(paid=True), OrderFactory(paid=True)
    wish = {"amount": "1.00", "reference": "R-1"}
    office.post(f"{ORDERS}{other.id}/refund/", wish)

    answer = office.post(f"{ORDERS}{order.id}/refund/", wish)

    assert answer.status_code == 422
    assert "This name belongs to a refund of another order." in answer.content.decode()
    assert Refund.objects.get().order_id == other.id


@pytest.mark.parametrize("amount", ["0", "40", "many", "1.234", "1" * 15])
def test_an_amount_that_cannot_go_back_is_refused_and_kept(office: Client, amount: str) -> None:
    order = OrderFactory(paid=True)

    answer = office.post(f"{ORDERS}{order.id}/refund/", {"amount": amount, "reason": "Sorry", "reference": "form-1"})
    page = answer.content.decode()

    assert answer.status_code == 422
    assert answer.context["refund_form"].errors
    assert 'value="Sorry"' in page
    assert 'value="form-1"' in page
    assert not Refund.objects.exists()


def test_what_is_owed_back_stands_in_the_form_already(office: Client) -> None:
    order = OrderFactory(cancelled=True, paid_minor=3990, payment_status=PaymentStatus.REFUND_DUE)

    page = office.get(f"{ORDERS}{order.id}/").content.decode()
    office.post(f"{ORDERS}{order.id}/refund/", {"amount": "39,90", "reference": "form-1"})

    assert 'name="amount" value="39.90"' in page
    assert 'name="restock"' not in page
    assert Order.objects.get().payment_status == PaymentStatus.REFUNDED


def test_an_order_is_cancelled_with_its_reason_as_a_note(office: Client, published: Callable[[], list[Any]]) -> None:
    order = OrderFactory()

    office.post(f"{ORDERS}{order.id}/cancel/", {"reason": "The mould broke"})
    again = office.post(f"{ORDERS}{order.id}/cancel/", {"reason": "The mould broke"}, follow=True)

    assert Order.objects.get().status == Status.CANCELLED
    assert [note.text for note in order.notes.all()] == ["The mould broke"]
    assert "This order cannot be cancelled any more." in again.content.decode()
    assert [type(event) for event in published()] == [OrderCancelled]


def test_an_empty_note_is_refused(office: Client) -> None:
    order = OrderFactory()

    answer = office.post(f"{ORDERS}{order.id}/notes/", {"text": " "})

    assert answer.status_code == 422
    assert list(answer.context["note_form"].errors) == ["text"]
    assert not order.notes.exists()


def test_a_mail_about_the_order_is_sent_again_and_no_other(
    office: Client, mail: SentMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, asked = OrderFactory(), []
    monkeypatch.setattr(
        "apps.notifications.facade.Facade.send_again", lambda _self, **given: asked.append(given["message_id"])
    )

    sent = office.post(f"{ORDERS}{order.id}/messages/{mail.id}/send-again/")
    refused = office.post(f"{ORDERS}{order.id}/messages/{uuid4()}/send-again/")

    assert (sent.status_code, refused.status_code) == (302, 404)
    assert asked == [mail.id]

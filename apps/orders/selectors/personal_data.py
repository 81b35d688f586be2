"""Everything that is kept about one person, for that person: as JSON, without the names of the staff."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.orders.models.carts import Cart
from apps.orders.models.fulfilments import Fulfilment
from apps.orders.models.orders import Order, OrderChange, OrderLine, OrderNote
from apps.orders.models.payments import Payment, PaymentState
from apps.orders.models.refunds import Refund, RefundState
from apps.orders.rules.states import PaymentStatus, Status
from kernel.codec import encode
from kernel.spelling import Spelled

UNDER_WAY = (
    Q(status__in=(Status.PLACING, Status.OPEN))
    | Q(payment_status=PaymentStatus.REFUND_DUE)
    | Q(Exists(Refund.objects.filter(order=OuterRef("pk")).exclude(state=RefundState.DONE)))
    | Q(Exists(Payment.objects.filter(order=OuterRef("pk"), state=PaymentState.REFUND_DUE)))
)
"""What waits for money, goods or a refund, be it of a part: nobody can be forgotten meanwhile."""
BATCH = 2000
MOST_NAMED = 20


def orders_of_person(*, customer_id: UUID, emails: list[str]) -> QuerySet[Order]:
    """Return a person's orders, also those that were placed as a guest under an address the person has proven."""
    guest_ids = list(guest_orders_of(emails).values_list("id", flat=True))
    return Order.objects.filter(Q(customer_id=customer_id) | Q(id__in=guest_ids))


def guest_orders_of(emails: list[str]) -> QuerySet[Order]:
    """Return the orders that guests placed under these addresses."""
    return Order.objects.filter(Spelled("email", emails), customer_id=None)


def carts_of_person(*, customer_id: UUID, emails: list[str]) -> QuerySet[Cart]:
    """Return a person's carts, also those of a guest who gave a proven address."""
    return Cart.objects.filter(Q(customer_id=customer_id) | Q(Spelled("email", emails), customer_id=None))


def numbers_under_way(*, customer_id: UUID, emails: list[str]) -> list[str]:
    """Return the numbers of a person's orders that are not over, the oldest first."""
    found = orders_of_person(customer_id=customer_id, emails=emails).filter(UNDER_WAY)
    return list(found.order_by("placed_at", "id").values_list("number", flat=True)[:MOST_NAMED])


def personal_data(*, customer_id: UUID, emails: list[str]) -> dict[str, Any]:
    """Return orders and carts, newest first; the number of statements does not grow with the orders of a person."""
    orders = (
        orders_of_person(customer_id=customer_id, emails=emails)
        .prefetch_related(
            "lines", "payments", "fulfilments__lines__order_line", "refunds__lines__order_line", "changes", "notes"
        )
        .order_by("-placed_at", "-id")
    )
    carts = carts_of_person(customer_id=customer_id, emails=emails).prefetch_related("lines")
    document: dict[str, Any] = encode(
        {
            "orders": [_order(order, customer_id=customer_id) for order in orders.iterator(chunk_size=BATCH)],
            "carts": [_cart(cart) for cart in carts.order_by("-updated_at", "-id")],
        }
    )
    return document


def _order(order: Order, *, customer_id: UUID) -> dict[str, Any]:
    plain = ("id", "number", "status", "payment_status", "fulfilment_status", "email", "placed_at", "note")
    money = ("subtotal", "discount", "shipping", "tax", "total", "paid", "refunded")
    agreed = (
        "shipping_address",
        "billing_address",
        "shipping_method_name",
        "payment_method",
        "payment_reference",
        "voucher_code",
    )
    return {
        **_fields(order, plain + money + agreed),
        "is_guest_order": order.customer_id is None,
        "lines": [_line(line) for line in _by(order.lines.all(), "position")],
        "payments": [_payment(payment) for payment in _by(order.payments.all(), "created_at")],
        "fulfilments": [_fulfilment(parcel) for parcel in _by(order.fulfilments.all(), "shipped_at")],
        "refunds": [_refund(refund) for refund in _by(order.refunds.all(), "refunded_at")],
        "history": [_change(change, customer_id=customer_id) for change in _by(order.changes.all(), "version")],
        "staff_notes": [_note(note) for note in _by(order.notes.all(), "created_at")],
    }


def _line(line: OrderLine) -> dict[str, Any]:
    return _fields(line, ("sku", "product_name", "variant_name", "quantity", "unit_price", "total", "tax"))


def _payment(payment: Payment) -> dict[str, Any]:
    return _fields(payment, ("method", "reference", "amount", "state", "message", "created_at"))


def _fulfilment(parcel: Fulfilment) -> dict[str, Any]:
    lines = {line.order_line.sku: line.quantity for line in parcel.lines.all()}
    return {**_fields(parcel, ("carrier", "tracking_number", "tracking_url", "shipped_at")), "lines": lines}


def _refund(refund: Refund) -> dict[str, Any]:
    lines = {line.order_line.sku: line.quantity for line in refund.lines.all()}
    return {**_fields(refund, ("amount", "reason", "refunded_at")), "lines": lines}


def _change(change: OrderChange, *, customer_id: UUID) -> dict[str, Any]:
    is_own = change.actor_id == customer_id or change.actor_label == "anonymous"
    return {**_fields(change, ("kind", "at", "data")), "by": "you" if is_own else "the shop"}


def _note(note: OrderNote) -> dict[str, Any]:
    return _fields(note, ("text", "created_at"))


def _cart(cart: Cart) -> dict[str, Any]:
    lines = [{"sku": line.sku, "quantity": line.quantity} for line in cart.lines.all()]
    return {**_fields(cart, ("id", "status", "email", "voucher_code", "created_at", "updated_at")), "lines": lines}


def _fields(row: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _by(rows: Iterable[Any], name: str) -> list[Any]:
    return sorted(rows, key=lambda row: (getattr(row, name), row.id))

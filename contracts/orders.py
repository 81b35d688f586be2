"""What the orders service promises: the facts of an order's life, and the shop's settings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol
from uuid import UUID

from kernel.addresses import Address
from kernel.events.actions import ActionRecorded
from kernel.events.base import Event
from kernel.money import Money

NOWHERE = Address(name="", line1="", postcode="", city="", country="")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopProfile:
    """How the shop presents itself; the same on every page, mail and price."""

    name: str
    description: str
    currency: str
    country: str
    prices_include_tax: bool
    sender_name: str
    sender_email: str
    notify_email: str
    """Who is told of new orders and low stock; empty tells nobody."""
    low_stock_mark: int
    bank_account_holder: str
    bank_iban: str
    bank_bic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFigures:
    """What one person bought so far."""

    customer_id: UUID
    order_count: int
    total: Money
    last_order_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSummary:
    """One line in a list of orders of somebody."""

    id: UUID
    number: str
    status: str
    payment_status: str
    fulfilment_status: str
    total: Money
    placed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStanding:
    """Where an order stands."""

    id: UUID
    number: str
    status: str


class Orders(Protocol):
    """Carts, orders and the shop's settings."""

    service: ClassVar[str] = "orders"

    def shop(self) -> ShopProfile:
        """Return the shop's settings."""
        ...

    def figures(self, *, customer_ids: list[UUID]) -> list[CustomerFigures]:
        """Return what each of these people bought; people without orders are absent."""
        ...

    def recent_orders(self, *, customer_id: UUID, limit: int) -> list[OrderSummary]:
        """Return the newest orders of a person, newest first."""
        ...

    def standings(self, *, order_ids: list[UUID]) -> list[OrderStanding]:
        """Return where these orders stand; those that do not exist are absent. One statement."""
        ...

    def personal_data(self, *, customer_id: UUID, emails: list[str]) -> dict[str, Any]:
        """Return everything that is kept about a person, as JSON: ``orders`` and ``carts``.

        :param emails: addresses that the person has proven; what a guest ordered under them belongs to the person.
        """
        ...

    def orders_under_way(self, *, customer_id: UUID, emails: list[str]) -> list[str]:
        """Return the numbers of a person's orders that wait for money, goods or a refund; ``emails`` as above.

        As long as there are any, the person cannot be forgotten.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedLine:
    """One line of an order as others need it."""

    sku: str
    product_name: str
    variant_name: str
    quantity: int
    unit_price: Money
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFact(Event):
    """What every event of an order tells; stock and money still follow it when its customer is forgotten."""

    subject: ClassVar[str] = "order_id"
    impersonal: ClassVar[dict[str, object]] = {"email": "", "customer_id": None, "access_token": ""}

    order_id: UUID
    number: str
    email: str
    customer_id: UUID | None
    access_token: str
    """Lets a guest read the order by its link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced(OrderFact):
    """Somebody ordered, and the stock is theirs."""

    type: ClassVar[str] = "orders.order_placed.v1"
    impersonal: ClassVar[dict[str, object]] = OrderFact.impersonal | {"shipping_address": NOWHERE}

    placed_at: datetime
    payment_method: str
    payment_due_at: datetime | None
    payment_reference: str
    """What a bank transfer must quote."""
    shipping_method: str
    shipping_address: Address
    lines: list[OrderedLine]
    subtotal: Money
    shipping: Money
    tax: Money
    total: Money
    prices_include_tax: bool
    discount: Money | None = None
    """What a voucher took off the lines; older events say nothing of it."""
    voucher: str = ""
    """The code that counted; one for free delivery takes nothing off the lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPaid(OrderFact):
    """The whole amount has arrived."""

    type: ClassVar[str] = "orders.order_paid.v1"

    amount: Money
    paid_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled(OrderFact):
    """The order will not be delivered; its stock is free again."""

    type: ClassVar[str] = "orders.order_cancelled.v1"

    reason: str
    """``customer``, ``staff`` or ``expired``."""
    total: Money
    skus: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderShipped(OrderFact):
    """Some or all lines left the house."""

    type: ClassVar[str] = "orders.order_shipped.v1"
    impersonal: ClassVar[dict[str, object]] = OrderFact.impersonal | {"tracking_number": "", "tracking_url": ""}

    fulfilment_id: UUID
    carrier: str
    tracking_number: str
    tracking_url: str
    lines: list[OrderedLine]
    is_complete: bool
    shipped_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefunded(OrderFact):
    """Money went back to the customer."""

    type: ClassVar[str] = "orders.order_refunded.v1"
    impersonal: ClassVar[dict[str, object]] = OrderFact.impersonal | {"reason": ""}

    refund_id: UUID
    amount: Money
    reason: str
    is_full: bool
    skus: list[str]
    """What was put back on the shelf."""
    refunded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedPieces:
    """Pieces of one SKU that came back."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsReturned(Event):
    """Staff puts pieces of an order back on the shelf with a refund; the money may still be on its way."""

    type: ClassVar[str] = "orders.goods_returned.v1"
    subject: ClassVar[str] = "order_id"

    order_id: UUID
    refund_id: UUID
    lines: list[ReturnedPieces]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurplusPaid(OrderFact):
    """Money arrived that the order does not ask for; it has to go back."""

    type: ClassVar[str] = "orders.surplus_paid.v1"

    amount: Money
    reason: str
    """``late``, ``twice`` or ``amount``: the order is over, has its money, or asked for another sum."""
    goes_back_by_itself: bool
    """False when staff has to send it back."""
    arrived_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFailed(OrderFact):
    """A payment provider refused to give money back: somebody has to decide."""

    type: ClassVar[str] = "orders.refund_failed.v1"
    impersonal: ClassVar[dict[str, object]] = OrderFact.impersonal | {"message": ""}

    refund_id: UUID
    amount: Money
    message: str
    failed_at: datetime


class OrdersAction(ActionRecorded):
    """Staff changed something of this service."""

    type: ClassVar[str] = "orders.action_recorded.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersErased(Event):
    """Whose orders these were is forgotten; what was sold and paid stays."""

    type: ClassVar[str] = "orders.orders_erased.v1"
    subject: ClassVar[str] = "customer_id"

    customer_id: UUID
    order_ids: list[UUID]

"""What the products service promises: prices, and stock that is never sold twice."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from kernel.errors import DomainError
from kernel.events.actions import ActionRecorded
from kernel.events.base import Event
from kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemWanted:
    """So many of one SKU."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedItem:
    """What one SKU costs now and whether it can be had."""

    sku: str
    product_id: UUID
    product_name: str
    product_slug: str
    variant_name: str
    """The chosen options as text, such as ``Large / Blue``; empty without options."""
    unit_price: Money
    tax_class: str
    weight_grams: int
    available: int
    is_sellable: bool
    """False once the product is not published any more."""
    picture_url: str
    """The smallest fitting picture, a path or an address; empty without one."""
    requires_shipping: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StockClaim:
    """What an order holds or took."""

    order_id: UUID
    state: str
    """``held``, ``confirmed``, ``cancelled`` or ``expired``."""
    lines: list[ItemWanted]


class OutOfStockError(DomainError):
    """At least one SKU has less available than was asked for."""

    code = "out_of_stock"
    status = 409

    def __init__(self, *, skus: list[str]) -> None:
        super().__init__("Not enough in stock: " + ", ".join(skus) + ".", extra={"skus": skus})


class ReservationGoneError(DomainError):
    """The reservation was cancelled or ran out before this call arrived."""

    code = "reservation_gone"
    status = 410


class UnknownSkuError(DomainError):
    """At least one SKU does not exist."""

    code = "unknown_sku"
    status = 422

    def __init__(self, *, skus: list[str]) -> None:
        super().__init__("Unknown SKU: " + ", ".join(skus) + ".", extra={"skus": skus})


class Products(Protocol):
    """The catalogue and the only authority over stock."""

    service: ClassVar[str] = "products"

    def quote(self, *, skus: list[str]) -> list[QuotedItem]:
        """Return price and availability of each known SKU, in the order asked; one statement."""
        ...

    def reserve(self, *, order_id: UUID, lines: list[ItemWanted], expires_at: datetime | None) -> None:
        """Take stock for an order: all lines or none. Idempotent by ``order_id``.

        With ``expires_at`` the stock is held; with ``None`` it leaves the shelf at once (sold on invoice).

        :raises OutOfStockError: names every SKU that is short.
        :raises ReservationGoneError: the order was cancelled before.
        :raises UnknownSkuError: names every SKU that does not exist.
        """
        ...

    def confirm(self, *, order_id: UUID) -> None:
        """Turn a hold into a sale; an expired hold is taken again if there is stock. Idempotent.

        :raises OutOfStockError: the hold ran out and others bought the stock.
        :raises ReservationGoneError: the order was cancelled before.
        """
        ...

    def cancel(self, *, order_id: UUID) -> None:
        """Give everything back that the order holds or took. Idempotent; an unknown order leaves a tombstone."""
        ...

    def restock(self, *, restock_id: UUID, order_id: UUID, lines: list[ItemWanted]) -> None:
        """Put returned items of a sold order back on the shelf. Idempotent by ``restock_id``."""
        ...

    def claims(self, *, order_ids: list[UUID]) -> list[StockClaim]:
        """Return what these orders hold or took; orders that never claimed anything are absent. Two statements."""
        ...

    def low_stock_count(self) -> int:
        """Return how many published variants have fallen to their low-stock mark, sold out included; one statement."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLow(Event):
    """What is available of a SKU fell to its low-stock mark or below."""

    type: ClassVar[str] = "products.stock_low.v1"
    subject: ClassVar[str] = "variant_id"

    variant_id: UUID
    sku: str
    product_name: str
    available: int


class ProductsAction(ActionRecorded):
    """Staff changed something of this service."""

    type: ClassVar[str] = "products.action_recorded.v1"

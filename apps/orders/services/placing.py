"""Placing an order: one cart, one transaction, the voucher before the stock, stock last."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError

from apps.orders.models.carts import Cart, CartLine, CartStatus
from apps.orders.models.orders import OrderLine
from apps.orders.rules.carts import LineProblem
from apps.orders.selectors.carts import checked_cart, problem_of, quotes_of
from apps.orders.selectors.pricing import WantedItem
from apps.orders.services.carts import CartClosedError, NotSellableError, check_currency
from apps.orders.services.drafts import Checkout, PlacedOrder, draft_order
from apps.orders.services.moves import identity, write_history
from apps.orders.services.redeeming import redeem
from contracts.orders import OrderPlaced
from contracts.products import ItemWanted, OutOfStockError, Products
from kernel.actors import Actor
from kernel.errors import ConflictError, DomainError
from kernel.events.publish import publish
from kernel.rpc import client
from kernel.transactions import unit_of_work

DRAWN_AGAIN = ("number", "voucher_place", "voucherredemption.slot")
"""What a clash speaks of that another try gets round: the order's number, or a person's place among a voucher's uses."""
TRIES = 8
"""How often before giving up. Two numbers of a trillion have to meet for one; a place is lost to one's own other order."""


class CartEmptyError(DomainError):
    """There is nothing to order."""

    code = "cart_empty"
    status = 409

    def __init__(self) -> None:
        super().__init__("This cart is empty.")


class PriceChangedError(DomainError):
    """A price is not the one that was seen when the line was put into the cart."""

    code = "price_changed"
    status = 409

    def __init__(self, *, skus: list[str]) -> None:
        super().__init__("Prices changed meanwhile: " + ", ".join(skus) + ".", extra={"skus": skus})


def place_order(
    *,
    cart_id: UUID,
    checkout: Checkout,
    actor: Actor,
    token: str,
    now: datetime,
    keep_answer: Callable[[PlacedOrder], object] | None = None,
) -> PlacedOrder:
    """Turn a cart into an order and take its stock, or change nothing at all.

    ``keep_answer`` runs before the first row is written: there an idempotency key is taken with the answer.

    :raises OutOfStockError: names every SKU that is short.
    :raises PriceChangedError: names every SKU with another price than the one seen.
    :raises NotDeliverableError: nothing takes the goods there.
    :raises VoucherRefusedError: the voucher does not count, and why.
    """
    for tries_left in reversed(range(TRIES)):
        try:
            return _place(
                cart_id=cart_id, checkout=checkout, actor=actor, token=token, now=now, keep_answer=keep_answer
            )
        except IntegrityError as error:
            if not tries_left or not any(name in str(error) for name in DRAWN_AGAIN):
                raise
    raise CartClosedError


@unit_of_work
def _place(
    *,
    cart_id: UUID,
    checkout: Checkout,
    actor: Actor,
    token: str,
    now: datetime,
    keep_answer: Callable[[PlacedOrder], object] | None,
) -> PlacedOrder:
    cart, cart_lines = _read_cart(cart_id, actor=actor, token=token)
    check_currency(cart)
    wanted = _sellable(cart_lines, currency=cart.currency)
    placed = draft_order(wanted, cart=cart, checkout=checkout, actor=actor, now=now)
    if keep_answer is not None:
        keep_answer(placed)
    _close(cart, now=now)
    order = placed.order
    order.save(force_insert=True)
    OrderLine.objects.bulk_create(placed.lines)
    write_history(order, kind="placed", about=_about(placed), actor=actor, now=now)
    publish(_fact(placed))
    redeem(placed, now=now)
    _reserve(placed)
    return placed


def _read_cart(cart_id: UUID, *, actor: Actor, token: str) -> tuple[Cart, list[CartLine]]:
    """Read cart and lines by one statement; a second one only tells why there is nothing."""
    lines = list(CartLine.objects.filter(cart_id=cart_id).select_related("cart").order_by("id"))
    found = lines[0].cart if lines else Cart.objects.filter(id=cart_id).first()
    cart = checked_cart(found, actor=actor, token=token)
    if cart.status != CartStatus.OPEN:
        raise CartClosedError
    if not lines:
        raise CartEmptyError
    return cart, lines


def _sellable(lines: list[CartLine], *, currency: str) -> list[WantedItem]:
    """Join the lines with today's prices, and refuse what cannot be sold as it was seen."""
    quotes = quotes_of([line.sku for line in lines])
    problems = {line.sku: problem_of(line, quote=quotes.get(line.sku), currency=currency) for line in lines}
    refusals: dict[LineProblem, Callable[[list[str]], DomainError]] = {
        LineProblem.UNAVAILABLE: lambda skus: NotSellableError(skus=skus),
        LineProblem.OUT_OF_STOCK: lambda skus: OutOfStockError(skus=skus),
        LineProblem.PRICE_CHANGED: lambda skus: PriceChangedError(skus=skus),
    }
    for problem, refusal in refusals.items():
        skus = sorted(sku for sku, found in problems.items() if found is problem)
        if skus:
            raise refusal(skus)
    return [WantedItem(item=quotes[line.sku], quantity=line.quantity) for line in lines]


def _close(cart: Cart, *, now: datetime) -> None:
    """Close the cart if it is still as it was read: only one of two simultaneous orders gets past."""
    unchanged = Cart.objects.filter(id=cart.id, status=CartStatus.OPEN, version=cart.version)
    if unchanged.update(status=CartStatus.ORDERED, version=cart.version + 1, updated_at=now):
        return
    if Cart.objects.filter(id=cart.id, status=CartStatus.OPEN).exists():
        msg = "The cart changed while it was ordered; look at it again."
        raise ConflictError(msg)
    raise CartClosedError


def _reserve(placed: PlacedOrder) -> None:
    items = [ItemWanted(sku=line.sku, quantity=line.quantity) for line in placed.lines]
    client(Products).reserve(order_id=placed.order.id, lines=items, expires_at=placed.hold_until)


def _about(placed: PlacedOrder) -> dict[str, object]:
    order = placed.order
    total = {"amount": order.total.as_text(), "currency": order.currency}
    voucher = {"voucher": order.voucher_code} if placed.voucher else {}
    return {"total": total, "method": order.payment_method, **voucher}


def _fact(placed: PlacedOrder) -> OrderPlaced:
    order = placed.order
    return OrderPlaced(
        **identity(order),
        placed_at=order.placed_at,
        payment_method=order.payment_method,
        payment_due_at=order.due_at,
        payment_reference=order.payment_reference,
        shipping_method=order.shipping_method_name,
        shipping_address=order.ship_to,
        lines=[line.as_ordered() for line in placed.lines],
        subtotal=order.subtotal,
        discount=order.discount,
        voucher=order.voucher_code,
        shipping=order.shipping,
        tax=order.tax,
        total=order.total,
        prices_include_tax=order.prices_include_tax,
    )

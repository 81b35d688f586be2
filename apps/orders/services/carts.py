"""Filling carts: every function locks the cart, so that two tabs cannot overwrite each other."""

from datetime import datetime
from uuid import UUID

from apps.orders.models.carts import Cart, CartLine, CartStatus
from apps.orders.rules.carts import MAX_LINES, MAX_QUANTITY
from apps.orders.selectors.carts import CartContents, checked_cart, contents_of, quotes_of
from apps.orders.selectors.shop import shop
from contracts.products import OutOfStockError, QuotedItem, UnknownSkuError
from kernel.actors import Actor
from kernel.errors import ConflictError, DomainError, NotFoundError
from kernel.http.etags import check_version
from kernel.transactions import unit_of_work


class CartClosedError(DomainError):
    """The cart was ordered or merged; it cannot be changed or ordered any more."""

    code = "cart_closed"
    status = 409

    def __init__(self) -> None:
        super().__init__("This cart was ordered already or became part of another one.")


class CartFullError(DomainError):
    """A cart takes only so many different lines, and only so many of one thing."""

    code = "cart_full"
    status = 409

    def __init__(self, message: str, *, limit: int) -> None:
        super().__init__(message, extra={"limit": limit})


class NotSellableError(DomainError):
    """At least one SKU exists but cannot be bought now."""

    code = "not_sellable"
    status = 409

    def __init__(self, *, skus: list[str]) -> None:
        super().__init__("Not for sale any more: " + ", ".join(skus) + ".", extra={"skus": skus})


def check_currency(cart: Cart) -> None:
    """Let no cart be filled or ordered whose currency the shop had before.

    :raises ConflictError: it is in another one than the shop's.
    """
    if cart.currency != shop().settings.currency:
        msg = "The shop's currency changed; start a new cart."
        raise ConflictError(msg)


@unit_of_work
def create_cart(*, actor: Actor, now: datetime) -> Cart:
    """Start an empty cart in the shop's currency; of a person when somebody is signed in."""
    return Cart.objects.create(
        customer_id=actor.id,
        currency=shop().settings.currency,
        created_at=now,
        updated_at=now,
    )


@unit_of_work
def add_line(*, cart_id: UUID, sku: str, quantity: int, actor: Actor, token: str, now: datetime) -> CartContents:
    """Put so many more of a SKU into the cart, at the price of now.

    :raises UnknownSkuError: there is no such SKU.
    :raises NotSellableError: it is not for sale.
    :raises OutOfStockError: there is less than the cart would hold.
    """
    cart = open_cart(cart_id=cart_id, actor=actor, token=token)
    lines = list(cart.lines.order_by("id"))
    quotes = quotes_of(list(dict.fromkeys([*(line.sku for line in lines), sku])))
    line = next((line for line in lines if line.sku == sku), None)
    if line is None and len(lines) >= MAX_LINES:
        msg = f"A cart takes at most {MAX_LINES} lines."
        raise CartFullError(msg, limit=MAX_LINES)
    wanted = quantity + (line.quantity if line else 0)
    quote = _buyable(quotes.get(sku), sku=sku, quantity=wanted, cart=cart)
    if line is None:
        line = CartLine(cart=cart, sku=sku)
        lines.append(line)
    _keep(line, quantity=wanted, quote=quote)
    _touch(cart, now=now)
    return CartContents(cart=cart, lines=lines, quotes=quotes)


@unit_of_work
def set_quantity(
    *,
    cart_id: UUID,
    line_id: UUID,
    quantity: int,
    actor: Actor,
    token: str,
    now: datetime,
    version: int | None = None,
) -> CartContents:
    """Set how many of a line are wanted; its present price counts as seen.

    :raises OutOfStockError: there is less than that.
    """
    cart = open_cart(cart_id=cart_id, actor=actor, token=token, version=version)
    contents = contents_of(cart)
    line = _line(contents, line_id)
    quote = _buyable(contents.quotes.get(line.sku), sku=line.sku, quantity=quantity, cart=cart)
    _keep(line, quantity=quantity, quote=quote)
    _touch(cart, now=now)
    return contents


@unit_of_work
def remove_line(
    *, cart_id: UUID, line_id: UUID, actor: Actor, token: str, now: datetime, version: int | None = None
) -> CartContents:
    """Take a line out."""
    cart = open_cart(cart_id=cart_id, actor=actor, token=token, version=version)
    contents = contents_of(cart)
    line = _line(contents, line_id)
    CartLine.objects.filter(id=line.id).delete()
    _touch(cart, now=now)
    kept = [other for other in contents.lines if other.id != line_id]
    return CartContents(cart=cart, lines=kept, quotes=contents.quotes)


@unit_of_work
def discard_cart(*, cart_id: UUID, actor: Actor, token: str, version: int | None = None) -> None:
    """Throw an open cart away."""
    open_cart(cart_id=cart_id, actor=actor, token=token, version=version).delete()


@unit_of_work
def accept_prices(*, cart_id: UUID, actor: Actor, token: str, now: datetime) -> CartContents:
    """Count the present prices as seen; called once the customer has been told."""
    cart = open_cart(cart_id=cart_id, actor=actor, token=token)
    contents = contents_of(cart)
    for line in contents.lines:
        quote = contents.quotes.get(line.sku)
        if quote is not None and quote.unit_price.currency == cart.currency:
            line.unit_price_minor = quote.unit_price.minor
    CartLine.objects.bulk_update(contents.lines, ["unit_price_minor"])
    _touch(cart, now=now)
    return contents


def open_cart(*, cart_id: UUID, actor: Actor, token: str, version: int | None = None) -> Cart:
    """Lock a cart that somebody may change.

    :raises NotFoundError: there is none, or it is another's.
    :raises CartClosedError: it was ordered or merged.
    :raises PreconditionFailedError: ``version`` is given and not the current one.
    """
    cart = checked_cart(Cart.objects.select_for_update().filter(id=cart_id).first(), actor=actor, token=token)
    if cart.status != CartStatus.OPEN:
        raise CartClosedError
    check_version(current=cart.version, expected=version)
    return cart


def _line(contents: CartContents, line_id: UUID) -> CartLine:
    line = next((line for line in contents.lines if line.id == line_id), None)
    if line is None:
        msg = "There is no such line in this cart."
        raise NotFoundError(msg)
    return line


def _buyable(quote: QuotedItem | None, *, sku: str, quantity: int, cart: Cart) -> QuotedItem:
    if quote is None:
        raise UnknownSkuError(skus=[sku])
    check_currency(cart)
    if not quote.is_sellable or quote.unit_price.currency != cart.currency:
        raise NotSellableError(skus=[sku])
    if quantity > MAX_QUANTITY:
        msg = f"At most {MAX_QUANTITY} of one thing can be ordered at once."
        raise CartFullError(msg, limit=MAX_QUANTITY)
    if quantity > quote.available:
        error = OutOfStockError(skus=[sku])
        error.extra = {**error.extra, "available": quote.available}
        raise error
    return quote


def _keep(line: CartLine, *, quantity: int, quote: QuotedItem) -> None:
    line.quantity = quantity
    line.unit_price_minor = quote.unit_price.minor
    line.save(force_insert=line._state.adding)  # noqa: SLF001 - Django's documented flag of an unsaved row


def _touch(cart: Cart, *, now: datetime) -> None:
    cart.version += 1
    cart.updated_at = now
    cart.save(update_fields=["version", "updated_at"])

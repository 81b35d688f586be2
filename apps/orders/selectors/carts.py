"""Carts as their owners see them: lines joined with what the products service says now."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from apps.orders.models.carts import Cart, CartLine, CartStatus
from apps.orders.rules.carts import LineProblem, line_problem
from apps.orders.rules.totals import Totals
from apps.orders.rules.vouchers import VoucherRefusedError
from apps.orders.selectors.pricing import (
    DeliveryOption,
    WantedItem,
    delivery_options,
    goods_minor,
    needs_delivery,
    totals_of,
)
from apps.orders.selectors.shop import shop
from apps.orders.selectors.vouchers import Person, applied_voucher
from contracts.products import Products, QuotedItem
from kernel.actors import Actor
from kernel.errors import NotFoundError
from kernel.money import Money
from kernel.rpc import client


@dataclass(frozen=True, slots=True, kw_only=True)
class CartContents:
    """A cart, its lines, and what is known about them now."""

    cart: Cart
    lines: Sequence[CartLine]
    quotes: Mapping[str, QuotedItem]


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLineView:
    """One line as it is shown."""

    id: UUID
    sku: str
    name: str
    variant: str
    slug: str
    quantity: int
    unit_price: Money
    total: Money
    available: int
    picture: str
    problem: LineProblem | None
    price_before: Money | None
    """What it cost when it was put there, if that changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CartTotals:
    """The sums of a cart; delivery and tax are those of the country it would go to."""

    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CartVoucher:
    """The voucher of a cart: what it takes off now, or why it does not count."""

    code: str
    discount: Money
    frees_delivery: bool
    problem: str | None
    """The code of the refusal."""
    message: str
    """The same in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CartProblem:
    """Why a line cannot be ordered as it lies there."""

    sku: str
    problem: LineProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class CartView:
    """Everything that is shown of a cart."""

    id: UUID
    token: str
    status: str
    currency: str
    prices_include_tax: bool
    country: str
    quantity: int
    """How many pieces lie in it."""
    lines: Sequence[CartLineView]
    totals: CartTotals
    voucher: CartVoucher | None
    delivery: DeliveryOption | None
    delivery_options: Sequence[DeliveryOption]
    problems: Sequence[CartProblem]


def may_open(cart: Cart, *, actor: Actor, token: str) -> bool:
    """Tell whether somebody may see and change a cart: its person, or who holds the token of a guest's cart."""
    if cart.customer_id is not None:
        return actor.id == cart.customer_id
    return bool(token) and secrets.compare_digest(cart.token.encode(), token.encode())


def find_cart(*, cart_id: UUID, actor: Actor, token: str) -> Cart:
    """Return a cart that somebody may see.

    :raises NotFoundError: there is none, or it is another's.
    """
    return checked_cart(Cart.objects.filter(id=cart_id).first(), actor=actor, token=token)


def checked_cart(cart: Cart | None, *, actor: Actor, token: str) -> Cart:
    """Return the cart if it exists and may be opened.

    :raises NotFoundError: neither is told from the other.
    """
    if cart is None or not may_open(cart, actor=actor, token=token):
        msg = "There is no such cart."
        raise NotFoundError(msg)
    return cart


def current_cart(*, actor: Actor, token: str) -> Cart | None:
    """Return the open cart of a person, else the guest's cart behind a token, else nothing.

    One in a currency that the shop had before cannot be ordered: whoever has it begins anew.
    """
    carts = Cart.objects.filter(status=CartStatus.OPEN, currency=shop().settings.currency)
    if actor.id is not None:
        mine = carts.filter(customer_id=actor.id).order_by("-updated_at", "-id").first()
        if mine is not None:
            return mine
    is_token = bool(token) and token.isascii() and token.isprintable()
    return carts.filter(token=token, customer_id=None).first() if is_token else None


def carts_of(actor: Actor) -> QuerySet[Cart]:
    """Return a person's open carts, unordered."""
    return Cart.objects.filter(customer_id=actor.id, customer_id__isnull=False, status=CartStatus.OPEN)


def contents_of(cart: Cart) -> CartContents:
    """Read the lines of a cart and what they cost now."""
    lines = list(cart.lines.order_by("id"))
    quotes = quotes_of([line.sku for line in lines])
    if cart.currency != shop().settings.currency:  # one that the shop had before: nothing of it can be ordered
        quotes = {sku: replace(quote, is_sellable=False) for sku, quote in quotes.items()}
    return CartContents(cart=cart, lines=lines, quotes=quotes)


def quotes_of(skus: Sequence[str]) -> dict[str, QuotedItem]:
    """Return what the products service says about these SKUs, by SKU."""
    if not skus:
        return {}
    return {quote.sku: quote for quote in client(Products).quote(skus=list(skus))}


def problem_of(line: CartLine, *, quote: QuotedItem | None, currency: str) -> LineProblem | None:
    """Return what keeps a line from being ordered."""
    if quote is None or quote.unit_price.currency != currency:
        return LineProblem.UNAVAILABLE
    return line_problem(
        is_sellable=quote.is_sellable,
        available=quote.available,
        quantity=line.quantity,
        seen_minor=line.unit_price_minor,
        price_minor=quote.unit_price.minor,
    )


def cart_view(contents: CartContents, *, now: datetime, country: str = "", method: str = "") -> CartView:
    """Show a cart as delivered to a country by a method: the shop's own and the cheapest when not said."""
    the_shop = shop()
    country = country or the_shop.settings.country
    lines = [_line_view(line, contents=contents) for line in contents.lines]
    wanted = wanted_in(contents)
    voucher = _voucher(contents, now=now)
    is_free = voucher is not None and voucher.frees_delivery
    options = (
        delivery_options(wanted, shop=the_shop, country=country, is_free=is_free) if needs_delivery(wanted) else []
    )
    chosen = next((option for option in options if option.method.code == method), options[0] if options else None)
    return CartView(
        id=contents.cart.id,
        token=contents.cart.token,
        status=contents.cart.status,
        currency=contents.cart.currency,
        prices_include_tax=the_shop.settings.prices_include_tax,
        country=country,
        quantity=sum(line.quantity for line in lines),
        lines=lines,
        totals=_totals(
            totals_of(
                wanted,
                shop=the_shop,
                country=country,
                delivery=chosen,
                discount_minor=voucher.discount.minor if voucher else 0,
            ),
            currency=contents.cart.currency,
        ),
        voucher=voucher,
        delivery=chosen,
        delivery_options=options,
        problems=[CartProblem(sku=line.sku, problem=line.problem) for line in lines if line.problem],
    )


def wanted_in(contents: CartContents) -> list[WantedItem]:
    """Return everything that still has a price here."""
    currency = contents.cart.currency
    return [
        WantedItem(item=contents.quotes[line.sku], quantity=line.quantity)
        for line in contents.lines
        if problem_of(line, quote=contents.quotes.get(line.sku), currency=currency) is not LineProblem.UNAVAILABLE
    ]


def goods_in(contents: CartContents) -> Money:
    """Return what the goods of a cart cost now."""
    return Money(goods_minor(wanted_in(contents)), contents.cart.currency)


def _voucher(contents: CartContents, *, now: datetime) -> CartVoucher | None:
    """Return what the voucher of a cart does: one statement, none without a voucher."""
    cart, nothing = contents.cart, Money.zero(contents.cart.currency)
    if not cart.voucher_code:
        return None
    try:
        applied = applied_voucher(
            cart.voucher_code, goods=goods_in(contents), person=Person(customer_id=cart.customer_id), now=now
        )
    except VoucherRefusedError as refused:
        return CartVoucher(
            code=cart.voucher_code,
            discount=nothing,
            frees_delivery=False,
            problem=refused.code,
            message=refused.message,
        )
    return CartVoucher(
        code=applied.code,
        discount=Money(applied.discount_minor, cart.currency),
        frees_delivery=applied.frees_delivery,
        problem=None,
        message="",
    )


def _totals(sums: Totals, *, currency: str) -> CartTotals:
    return CartTotals(
        subtotal=Money(sums.subtotal_minor, currency),
        discount=Money(sums.discount_minor, currency),
        shipping=Money(sums.shipping.amount_minor, currency),
        tax=Money(sums.tax_minor, currency),
        total=Money(sums.total_minor, currency),
    )


def _line_view(line: CartLine, *, contents: CartContents) -> CartLineView:
    currency = contents.cart.currency
    quote = contents.quotes.get(line.sku)
    problem = problem_of(line, quote=quote, currency=currency)
    seen = Money(line.unit_price_minor, currency)
    price = quote.unit_price if quote is not None and problem is not LineProblem.UNAVAILABLE else seen
    return CartLineView(
        id=line.id,
        sku=line.sku,
        name=quote.product_name if quote else line.sku,
        variant=quote.variant_name if quote else "",
        slug=quote.product_slug if quote else "",
        quantity=line.quantity,
        unit_price=price,
        total=price * line.quantity,
        available=quote.available if quote and quote.is_sellable else 0,
        picture=quote.picture_url if quote else "",
        problem=problem,
        price_before=seen if price != seen else None,
    )

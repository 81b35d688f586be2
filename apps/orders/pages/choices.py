"""What can be chosen at the till: ways of delivery and of payment, in words."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.orders.models.settings import ShopSettings
from apps.orders.selectors.carts import CartView
from apps.orders.selectors.shop import shop
from integrations.payments.registry import DEFAULT_METHOD, payment_methods
from kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One card of a group."""

    code: str
    name: str
    note: str
    is_chosen: bool
    price: Money | None = None


def delivery_choices(cart: CartView) -> list[Choice]:
    """Return the ways in which this cart can be delivered to its country, the cheapest first."""
    return [
        Choice(
            code=option.method.code,
            name=option.method.name,
            note=option.method.description,
            is_chosen=option == cart.delivery,
            price=Money(option.price_minor, cart.currency),
        )
        for option in cart.delivery_options
    ]


def payment_choices(chosen: str) -> list[Choice]:
    """Return the ways to pay; what this shop knows about its own is said in its words."""
    settings = shop().settings
    methods = payment_methods()
    known = {method.code for method in methods}
    chosen = chosen if chosen in known else DEFAULT_METHOD
    return [
        Choice(
            code=method.code,
            name=_(method.name),
            note=_in_words(method.code, settings=settings) or _(method.description),
            is_chosen=method.code == chosen,
        )
        for method in methods
    ]


def _in_words(code: str, *, settings: ShopSettings) -> str:
    if code == "invoice":
        days = settings.invoice_days
        return ngettext(
            "We ship at once; you pay within %(days)d day.", "We ship at once; you pay within %(days)d days.", days
        ) % {"days": days}
    if code == "bank_transfer":
        days = settings.bank_transfer_days
        return ngettext(
            "We ship once the money has arrived; we keep the goods for %(days)d day.",
            "We ship once the money has arrived; we keep the goods for %(days)d days.",
            days,
        ) % {"days": days}
    if code == "sandbox_card":
        return _("Pay now with a play card: no money moves.")
    return ""

"""The shop's settings, changed by staff."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.orders.models.settings import THE_SHOP, ShippingMethod, ShopSettings
from apps.orders.models.vouchers import Voucher
from apps.orders.rules.settings import in_currency, is_iban
from apps.orders.selectors.shop import forget_shop
from contracts.orders import OrdersAction
from contracts.rights import Right
from kernel import audit
from kernel.actors import Actor
from kernel.errors import ForbiddenError, InvalidInputError
from kernel.http.etags import check_version
from kernel.money import Money, is_currency
from kernel.transactions import on_commit, unit_of_work

CHANGEABLE = frozenset(
    {
        "name",
        "description",
        "currency",
        "country",
        "prices_include_tax",
        "tax_mode",
        "sender_name",
        "sender_email",
        "notify_email",
        "low_stock_mark",
        "bank_account_holder",
        "bank_iban",
        "bank_bic",
        "invoice_days",
        "bank_transfer_days",
        "card_minutes",
    },
)


@unit_of_work
def apply_shop_settings(
    *, changes: Mapping[str, Any], actor: Actor, now: datetime, version: int | None = None
) -> ShopSettings:
    """Change some of the shop's settings; a new currency keeps the digits of delivery prices and vouchers.

    :raises InvalidInputError: names the setting that is wrong.
    :raises PreconditionFailedError: ``version`` is given and not the current one.
    """
    check_staff(actor)
    _check(changes)
    ShopSettings.objects.the_one()
    settings = ShopSettings.objects.select_for_update().get(id=THE_SHOP)
    check_version(current=settings.version, expected=version)
    if changes.get("currency", settings.currency) != settings.currency:
        _convert_methods(changes["currency"], now=now)
        _convert_vouchers(changes["currency"], now=now)
    before = audit.seen(settings, changes)
    for name, value in changes.items():
        setattr(settings, name, value)
    settings.version += 1
    settings.updated_at = now
    settings.save()
    audit.record(
        OrdersAction,
        "shop_settings_changed",
        about=("shop", THE_SHOP),
        actor=actor,
        now=now,
        **audit.difference(before, audit.seen(settings, changes)),
    )
    announce_change()
    return settings


def check_staff(actor: Actor) -> None:
    """Refuse everybody but staff."""
    if not actor.may(Right.SETTINGS):
        msg = "Only staff changes the shop's settings."
        raise ForbiddenError(msg)


def announce_change() -> None:
    """Forget the remembered settings: now, for the rest of this transaction, and after its end, for everybody."""
    forget_shop()
    on_commit(forget_shop, service="orders")


def _check(changes: Mapping[str, Any]) -> None:
    unknown = sorted(set(changes) - CHANGEABLE)
    if unknown:
        msg = "There is no such setting."
        raise InvalidInputError(msg, fields={name: [msg] for name in unknown})
    if "currency" in changes and not is_currency(changes["currency"]):
        msg = "This is not a currency."
        raise InvalidInputError(msg, fields={"currency": [msg]})
    if changes.get("bank_iban") and not is_iban(changes["bank_iban"]):
        msg = "This is not an IBAN: its check digits do not fit."
        raise InvalidInputError(msg, fields={"bank_iban": [msg]})


def _convert_methods(currency: str, *, now: datetime) -> None:
    for method in ShippingMethod.objects.select_for_update().order_by("id"):
        free_above, old = method.free_above, method.currency
        method.price_minor = in_currency(method.price, currency).minor
        method.free_above_minor = None if free_above is None else in_currency(free_above, currency).minor
        method.bands = [
            {**band, "price_minor": in_currency(Money(band["price_minor"], old), currency).minor}
            for band in method.bands
        ]
        method.currency = currency
        method.version += 1
        method.updated_at = now
        method.save()


def _convert_vouchers(currency: str, *, now: datetime) -> None:
    for voucher in Voucher.objects.select_for_update().order_by("id"):
        voucher.amount_minor = in_currency(voucher.amount, currency).minor
        voucher.minimum_minor = in_currency(voucher.minimum, currency).minor
        voucher.currency = currency
        voucher.version += 1
        voucher.updated_at = now
        voucher.save(update_fields=["amount_minor", "minimum_minor", "currency", "version", "updated_at"])

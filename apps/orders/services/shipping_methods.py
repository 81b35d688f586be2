"""Delivery methods."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.orders.models.settings import ShippingMethod
from apps.orders.rules.shipping import ShippingKind, WeightBand, bands_are_sound
from apps.orders.selectors.shop import STANDARD_CLASS, shop
from apps.orders.services.settings import announce_change, check_staff
from contracts.orders import OrdersAction
from kernel import audit, clock
from kernel.actors import Actor
from kernel.errors import DomainError, InvalidInputError, NotFoundError
from kernel.http.etags import check_version
from kernel.money import CurrencyMismatchError, Money
from kernel.transactions import unit_of_work


class ShippingMethodExistsError(DomainError):
    """Another delivery method has this code."""

    code = "shipping_method_exists"
    status = 409

    def __init__(self) -> None:
        msg = "Another delivery method has this code."
        super().__init__(msg, fields={"code": [msg]})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingTerms:
    """Everything that staff says about a delivery method; prices in the shop's currency."""

    code: str
    name: str
    description: str = ""
    kind: ShippingKind = ShippingKind.FLAT
    price: Money
    free_above: Money | None = None
    bands: Sequence[WeightBand] = ()
    countries: Sequence[str] = ()
    tax_class: str = STANDARD_CLASS
    is_active: bool = True
    position: int = 0


TERMS = (
    "code",
    "name",
    "description",
    "kind",
    "currency",
    "price_minor",
    "free_above_minor",
    "bands",
    "countries",
    "tax_class",
    "is_active",
    "position",
)
"""What the audit log keeps of a method."""


@unit_of_work
def save_shipping_method(*, terms: ShippingTerms, actor: Actor, now: datetime) -> ShippingMethod:
    """Create the method with this code, or replace it."""
    check_staff(actor)
    method = ShippingMethod.objects.select_for_update().filter(code=terms.code).first()
    return _save(method or ShippingMethod(version=0), terms=terms, actor=actor, now=now)


@unit_of_work
def add_shipping_method(*, terms: ShippingTerms, actor: Actor, now: datetime) -> ShippingMethod:
    """Create a method.

    :raises ShippingMethodExistsError: the code is taken.
    """
    check_staff(actor)
    _check_free(terms.code, but=None)
    return _save(ShippingMethod(version=0), terms=terms, actor=actor, now=now)


@unit_of_work
def change_shipping_method(
    *, method_id: UUID, terms: ShippingTerms, actor: Actor, now: datetime, version: int | None = None
) -> ShippingMethod:
    """Change a method; orders keep what they were placed with.

    :raises ShippingMethodExistsError: the code is another one's.
    """
    check_staff(actor)
    method = _locked(method_id)
    check_version(current=method.version, expected=version)
    _check_free(terms.code, but=method_id)
    return _save(method, terms=terms, actor=actor, now=now)


@unit_of_work
def remove_shipping_method(*, method_id: UUID, actor: Actor, version: int | None = None) -> None:
    """Remove a method; orders keep its name."""
    check_staff(actor)
    method = _locked(method_id)
    check_version(current=method.version, expected=version)
    audit.record(
        OrdersAction,
        "shipping_method_removed",
        about=("shipping_method", method_id),
        actor=actor,
        now=clock.now(),
        before=audit.seen(method, TERMS),
    )
    method.delete()
    announce_change()


def _locked(method_id: UUID) -> ShippingMethod:
    method = ShippingMethod.objects.select_for_update().filter(id=method_id).first()
    if method is None:
        msg = "There is no such delivery method."
        raise NotFoundError(msg)
    return method


def _check_free(code: str, *, but: UUID | None) -> None:
    same = ShippingMethod.objects.filter(code=code).first()
    if same is not None and same.id != but:
        raise ShippingMethodExistsError


def _check(terms: ShippingTerms, *, currency: str) -> None:
    for money in (terms.price, terms.free_above):
        if money is not None and money.currency != currency:
            raise CurrencyMismatchError(currency, money.currency)
    if terms.kind is ShippingKind.BY_WEIGHT and not bands_are_sound(terms.bands):
        msg = "Weight bands need rising limits; only the last one may be open."
        raise InvalidInputError(msg, fields={"bands": [msg]})
    if terms.kind is ShippingKind.FREE_ABOVE and terms.free_above is None:
        msg = "Say from which sum on delivery is free."
        raise InvalidInputError(msg, fields={"free_above": [msg]})


def _save(method: ShippingMethod, *, terms: ShippingTerms, actor: Actor, now: datetime) -> ShippingMethod:
    is_new, before = method.version == 0, audit.seen(method, TERMS)
    currency = shop().settings.currency
    _check(terms, currency=currency)
    method.code, method.name, method.description = terms.code, terms.name, terms.description
    method.kind, method.currency = terms.kind, currency
    method.price_minor = terms.price.minor
    method.free_above_minor = terms.free_above.minor if terms.free_above else None
    method.bands = [{"up_to_grams": band.up_to_grams, "price_minor": band.price_minor} for band in terms.bands]
    method.countries = sorted(set(terms.countries))
    method.tax_class = terms.tax_class
    method.is_active = terms.is_active
    method.position = terms.position
    method.version += 1
    method.updated_at = now
    method.save()
    audit.record(
        OrdersAction,
        "shipping_method_added" if is_new else "shipping_method_changed",
        about=("shipping_method", method.id),
        actor=actor,
        now=now,
        **audit.difference({} if is_new else before, audit.seen(method, TERMS)),
    )
    announce_change()
    return method

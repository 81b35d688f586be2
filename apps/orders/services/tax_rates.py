"""Tax rates by country and class of goods."""

from datetime import datetime
from typing import Any
from uuid import UUID

from apps.orders.models.settings import TaxRate
from apps.orders.services.settings import announce_change, check_staff
from contracts.orders import OrdersAction
from kernel import audit, clock
from kernel.actors import Actor
from kernel.errors import DomainError, NotFoundError
from kernel.http.etags import check_version
from kernel.transactions import unit_of_work


class TaxRateExistsError(DomainError):
    """There is a rate for this country and class already."""

    code = "tax_rate_exists"
    status = 409

    def __init__(self) -> None:
        msg = "There is a rate for this country and tax class already."
        super().__init__(msg, fields={"tax_class": [msg]})


RATE = ("country", "tax_class", "name", "rate_ppm")
"""What the audit log keeps of a rate."""


@unit_of_work
def set_tax_rate(
    *,
    country: str,
    tax_class: str,
    name: str,
    rate_ppm: int,
    actor: Actor,
    now: datetime,
) -> TaxRate:
    """Create or replace the rate of a country and class."""
    check_staff(actor)
    rate = TaxRate.objects.select_for_update().filter(country=country, tax_class=tax_class).first()
    if rate is None:
        rate = TaxRate(country=country, tax_class=tax_class, version=0)
    return _save(rate, before=audit.seen(rate, RATE), name=name, rate_ppm=rate_ppm, actor=actor, now=now)


@unit_of_work
def add_tax_rate(
    *,
    country: str,
    tax_class: str,
    name: str,
    rate_ppm: int,
    actor: Actor,
    now: datetime,
) -> TaxRate:
    """Create a rate.

    :raises TaxRateExistsError: there is one already.
    """
    check_staff(actor)
    _check_free(country=country, tax_class=tax_class, but=None)
    rate = TaxRate(country=country, tax_class=tax_class, version=0)
    return _save(rate, before={}, name=name, rate_ppm=rate_ppm, actor=actor, now=now)


@unit_of_work
def change_tax_rate(
    *,
    rate_id: UUID,
    country: str,
    tax_class: str,
    name: str,
    rate_ppm: int,
    actor: Actor,
    now: datetime,
    version: int | None = None,
) -> TaxRate:
    """Change a rate; orders keep the tax they were placed with.

    :raises TaxRateExistsError: another one has that country and class.
    """
    check_staff(actor)
    rate = _locked(rate_id)
    check_version(current=rate.version, expected=version)
    _check_free(country=country, tax_class=tax_class, but=rate_id)
    before = audit.seen(rate, RATE)
    rate.country, rate.tax_class = country, tax_class
    return _save(rate, before=before, name=name, rate_ppm=rate_ppm, actor=actor, now=now)


@unit_of_work
def remove_tax_rate(*, rate_id: UUID, actor: Actor, version: int | None = None) -> None:
    """Remove a rate; its goods fall back to the standard class."""
    check_staff(actor)
    rate = _locked(rate_id)
    check_version(current=rate.version, expected=version)
    audit.record(
        OrdersAction,
        "tax_rate_removed",
        about=("tax_rate", rate_id),
        actor=actor,
        now=clock.now(),
        before=audit.seen(rate, RATE),
    )
    rate.delete()
    announce_change()


def _locked(rate_id: UUID) -> TaxRate:
    rate = TaxRate.objects.select_for_update().filter(id=rate_id).first()
    if rate is None:
        msg = "There is no such tax rate."
        raise NotFoundError(msg)
    return rate


def _check_free(*, country: str, tax_class: str, but: UUID | None) -> None:
    same = TaxRate.objects.filter(country=country, tax_class=tax_class).first()
    if same is not None and same.id != but:
        raise TaxRateExistsError


def _save(rate: TaxRate, *, before: dict[str, Any], name: str, rate_ppm: int, actor: Actor, now: datetime) -> TaxRate:
    is_new = rate.version == 0
    rate.name = name
    rate.rate_ppm = rate_ppm
    rate.version += 1
    rate.updated_at = now
    rate.save()
    audit.record(
        OrdersAction,
        "tax_rate_added" if is_new else "tax_rate_changed",
        about=("tax_rate", rate.id),
        actor=actor,
        now=now,
        **audit.difference({} if is_new else before, audit.seen(rate, RATE)),
    )
    announce_change()
    return rate

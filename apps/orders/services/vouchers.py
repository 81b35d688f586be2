"""Vouchers, as staff gives them out."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.orders.models.vouchers import Voucher
from apps.orders.rules.vouchers import CODE_LENGTH, VoucherKind, is_sound, normal_code
from apps.orders.selectors.shop import present_settings
from apps.orders.services.settings import check_staff
from contracts.orders import OrdersAction
from kernel import audit, clock
from kernel.actors import Actor
from kernel.errors import DomainError, InvalidInputError, NotFoundError
from kernel.http.etags import check_version
from kernel.money import CurrencyMismatchError, Money
from kernel.transactions import unit_of_work


class VoucherExistsError(DomainError):
    """Another voucher has this code."""

    code = "voucher_exists"
    status = 409

    def __init__(self) -> None:
        msg = "Another voucher has this code."
        super().__init__(msg, fields={"code": [msg]})


class VoucherInUseError(DomainError):
    """Orders speak of the voucher: it can be switched off, not removed."""

    code = "voucher_in_use"
    status = 409

    def __init__(self) -> None:
        super().__init__("This voucher was redeemed; switch it off instead.")


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherWish:
    """Everything that staff says about a voucher; money in the shop's currency."""

    code: str
    description: str = ""
    kind: VoucherKind
    rate_ppm: int | None = None
    amount: Money | None = None
    minimum: Money | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    limit: int | None = None
    limit_per_person: int | None = None
    is_active: bool = True


TERMS = (
    "code",
    "description",
    "kind",
    "rate_ppm",
    "amount_minor",
    "minimum_minor",
    "currency",
    "valid_from",
    "valid_until",
    "limit",
    "limit_per_person",
    "is_active",
)
"""What the audit log keeps of a voucher, and what a change writes: never the number of uses."""


@unit_of_work
def add_voucher(*, wish: VoucherWish, actor: Actor, now: datetime) -> Voucher:
    """Give out a voucher.

    :raises VoucherExistsError: the code is taken.
    """
    check_staff(actor)
    return _save(Voucher(version=0, created_at=now), wish=wish, actor=actor, now=now)


@unit_of_work
def change_voucher(
    *, voucher_id: UUID, wish: VoucherWish, actor: Actor, now: datetime, version: int | None = None
) -> Voucher:
    """Change a voucher; orders keep what they were placed with.

    :raises VoucherExistsError: the code is another one's.
    """
    check_staff(actor)
    voucher = _locked(voucher_id)
    check_version(current=voucher.version, expected=version)
    return _save(voucher, wish=wish, actor=actor, now=now)


@unit_of_work
def switch_voucher(*, voucher_id: UUID, is_active: bool, actor: Actor, now: datetime) -> Voucher:
    """Switch a voucher on or off."""
    check_staff(actor)
    voucher = _locked(voucher_id)
    before = audit.seen(voucher, TERMS)
    voucher.is_active = is_active
    _write(voucher, before=before, actor=actor, now=now)
    return voucher


@unit_of_work
def remove_voucher(*, voucher_id: UUID, actor: Actor, version: int | None = None) -> None:
    """Remove a voucher that no order speaks of.

    :raises VoucherInUseError: it was redeemed.
    """
    check_staff(actor)
    voucher = _locked(voucher_id)
    check_version(current=voucher.version, expected=version)
    if voucher.redemptions.exists():
        raise VoucherInUseError
    audit.record(
        OrdersAction,
        "voucher_removed",
        about=("voucher", voucher_id),
        actor=actor,
        now=clock.now(),
        before=audit.seen(voucher, TERMS),
    )
    voucher.delete()


def _locked(voucher_id: UUID) -> Voucher:
    voucher = Voucher.objects.select_for_update().filter(id=voucher_id).first()
    if voucher is None:
        msg = "There is no such voucher."
        raise NotFoundError(msg)
    return voucher


def _save(voucher: Voucher, *, wish: VoucherWish, actor: Actor, now: datetime) -> Voucher:
    before = audit.seen(voucher, TERMS)
    currency = present_settings().currency
    voucher.code, voucher.description = _free_code(wish.code, but=voucher.id), wish.description
    voucher.kind, voucher.currency = wish.kind, currency
    voucher.rate_ppm = (wish.rate_ppm or 0) if wish.kind is VoucherKind.PERCENT else 0
    voucher.amount_minor = _minor(wish.amount, currency=currency) if wish.kind is VoucherKind.AMOUNT else 0
    voucher.minimum_minor = _minor(wish.minimum, currency=currency)
    voucher.valid_from, voucher.valid_until = wish.valid_from, wish.valid_until
    voucher.limit, voucher.limit_per_person = wish.limit, wish.limit_per_person
    voucher.is_active = wish.is_active
    _check(voucher)
    _write(voucher, before=before, actor=actor, now=now)
    return voucher


def _write(voucher: Voucher, *, before: dict[str, object], actor: Actor, now: datetime) -> None:
    is_new = voucher.version == 0
    voucher.version += 1
    voucher.updated_at = now
    if is_new:
        voucher.save(force_insert=True)
    else:
        voucher.save(update_fields=[*TERMS, "version", "updated_at"])
    audit.record(
        OrdersAction,
        "voucher_added" if is_new else "voucher_changed",
        about=("voucher", voucher.id),
        actor=actor,
        now=now,
        **audit.difference({} if is_new else before, audit.seen(voucher, TERMS)),
    )


def _free_code(code: str, *, but: UUID) -> str:
    kept = normal_code(code)
    if not kept:
        msg = f"At most {CODE_LENGTH} letters A to Z, digits, hyphens and underscores."
        raise InvalidInputError(msg, fields={"code": [msg]})
    if Voucher.objects.filter(code=kept).exclude(id=but).exists():
        raise VoucherExistsError
    return kept


def _minor(money: Money | None, *, currency: str) -> int:
    if money is None:
        return 0
    if money.currency != currency:
        raise CurrencyMismatchError(currency, money.currency)
    return money.minor


def _check(voucher: Voucher) -> None:
    """Refuse what gives nothing, is never valid, or was used more often than it may be."""
    if not is_sound(voucher.terms):
        name = "percent" if voucher.kind == VoucherKind.PERCENT else "amount"
        msg = "Say how much it takes off: more than nothing, and not more than everything."
        raise InvalidInputError(msg, fields={name: [msg]})
    if voucher.valid_from and voucher.valid_until and voucher.valid_until <= voucher.valid_from:
        msg = "This is before it begins."
        raise InvalidInputError(msg, fields={"valid_until": [msg]})
    if voucher.limit is not None and voucher.limit < voucher.used:
        msg = f"It was used {voucher.used} times already; to stop it, switch it off."
        raise InvalidInputError(msg, fields={"limit": [msg]})

"""What a voucher takes off an order, and why it may not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from unicodedata import normalize
from uuid import UUID, uuid5

from apps.orders.rules.totals import PPM, divide_half_up
from kernel.errors import DomainError
from kernel.money import Money

CODE_LENGTH = 40
CODE = re.compile(rf"[A-Z0-9][A-Z0-9_-]{{0,{CODE_LENGTH - 1}}}")
"""A code as it is kept."""
EMAILS = UUID("5f1c7f0a-6f0e-5d4e-9a52-0b1d9a1f9c11")
"""Names the space in which e-mail addresses become keys."""


class VoucherKind(StrEnum):
    """What a voucher gives."""

    PERCENT = "percent"
    AMOUNT = "amount"
    FREE_SHIPPING = "free_shipping"


class VoucherRefusedError(DomainError):
    """A voucher does not count for this order."""

    code = "voucher_refused"
    status = 409

    def __init__(self, message: str, **extra: object) -> None:
        super().__init__(message, extra=extra, fields={"voucher": [message]})


class VoucherUnknownError(VoucherRefusedError):
    """There is no voucher with this code."""

    code = "voucher_unknown"
    status = 400

    def __init__(self) -> None:
        super().__init__("There is no such voucher.")


class VoucherNotYetValidError(VoucherRefusedError):
    """The voucher's time has not come."""

    code = "voucher_not_yet_valid"

    def __init__(self, *, valid_from: datetime) -> None:
        super().__init__("This voucher is not valid yet.", valid_from=valid_from.isoformat())


class VoucherExpiredError(VoucherRefusedError):
    """The voucher's time is over, or it was switched off."""

    code = "voucher_expired"

    def __init__(self) -> None:
        super().__init__("This voucher is not valid any more.")


class VoucherUsedUpError(VoucherRefusedError):
    """It was redeemed as often as it may be."""

    code = "voucher_used_up"

    def __init__(self) -> None:
        super().__init__("This voucher is used up.")


class VoucherUsedByYouError(VoucherRefusedError):
    """The same person redeemed it as often as one person may."""

    code = "voucher_used_by_you"

    def __init__(self) -> None:
        super().__init__("You used this voucher already.")


class VoucherMinimumError(VoucherRefusedError):
    """The goods cost less than the voucher asks for."""

    code = "voucher_minimum_not_reached"

    def __init__(self, *, minimum: Money) -> None:
        super().__init__(
            f"This voucher counts from {minimum} of goods on.",
            minimum={"amount": minimum.as_text(), "currency": minimum.currency},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherTerms:
    """Everything that decides about a voucher."""

    kind: VoucherKind
    currency: str
    rate_ppm: int = 0
    """Of a percentage: 100,000 is 10 %."""
    amount_minor: int = 0
    minimum_minor: int = 0
    """What the goods must cost before it counts."""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    """The first moment at which it does not count any more."""
    limit: int | None = None
    """How often it may be redeemed in all."""
    limit_per_person: int | None = None
    is_active: bool = True


def normal_code(text: str) -> str:
    """Return a code as it is kept: capitals, without spaces around; empty when it cannot be one."""
    code = text.strip().upper()
    return code if CODE.fullmatch(code) else ""


def email_key(email: str) -> UUID:
    """Return the key of whoever reads an address, in whatever way it is written.

    Neither case, quotes and what follows a plus, nor the two forms of a domain beyond ASCII make another person.
    """
    local, _at, domain = normalize("NFC", email).strip().lower().rpartition("@")
    plain = local.replace('"', "").replace("\\", "")
    name, _plus, _tag = plain.partition("+")
    return uuid5(EMAILS, f"{name or plain}@{_in_ascii(domain)}")


def _in_ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode()
    except UnicodeError:  # no domain: nobody gets mail there
        return domain


def check_voucher(terms: VoucherTerms, *, used: int, goods: Money, now: datetime) -> None:
    """Refuse what does not count for goods of this worth at this moment.

    :raises VoucherRefusedError: says why.
    """
    if not terms.is_active or (terms.valid_until is not None and now >= terms.valid_until):
        raise VoucherExpiredError
    if terms.currency != goods.currency:
        raise VoucherUnknownError
    if terms.valid_from is not None and now < terms.valid_from:
        raise VoucherNotYetValidError(valid_from=terms.valid_from)
    if terms.limit is not None and used >= terms.limit:
        raise VoucherUsedUpError
    if goods.minor < terms.minimum_minor:
        raise VoucherMinimumError(minimum=Money(terms.minimum_minor, terms.currency))


def discount_of(terms: VoucherTerms, *, goods_minor: int) -> int:
    """Return what is taken off the goods: never more than they cost."""
    if terms.kind is VoucherKind.PERCENT:
        return min(divide_half_up(goods_minor * terms.rate_ppm, PPM), goods_minor)
    return min(terms.amount_minor, goods_minor) if terms.kind is VoucherKind.AMOUNT else 0


def free_slot(*, limit: int | None, taken: Sequence[int | None]) -> int | None:
    """Return the place of a person's next use among those that one person has; None where no limit numbers them.

    What was used before there was a limit has no place and takes one from the end.

    :raises VoucherUsedByYouError: no place is free.
    """
    if limit is None:
        return None
    last = limit - sum(slot is None for slot in taken)
    free = next((slot for slot in range(1, last + 1) if slot not in taken), None)
    if free is None or len(taken) >= limit:
        raise VoucherUsedByYouError
    return free


def is_sound(terms: VoucherTerms) -> bool:
    """Tell whether a voucher of this kind gives something, and not more than everything."""
    if terms.kind is VoucherKind.PERCENT:
        return 0 < terms.rate_ppm <= PPM
    return terms.kind is VoucherKind.FREE_SHIPPING or terms.amount_minor > 0

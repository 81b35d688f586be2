"""Vouchers: as staff sees them, and as one counts for somebody's goods."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from django.db.models import F, FilteredRelation, Q, QuerySet

from apps.orders.models.vouchers import Voucher, VoucherRedemption
from apps.orders.rules.vouchers import (
    VoucherKind,
    VoucherUnknownError,
    check_voucher,
    discount_of,
    email_key,
    free_slot,
    normal_code,
)
from kernel.errors import NotFoundError
from kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whose uses are counted: an account, the reader of an address, both, or nobody known yet."""

    customer_id: UUID | None
    email_key: UUID | None = None

    @classmethod
    def buying(cls, *, customer_id: UUID | None, email: str) -> Self:
        """Return who buys under this account and address."""
        return cls(customer_id=customer_id, email_key=email_key(email))

    @property
    def is_known(self) -> bool:
        """True when uses can be counted."""
        return self.customer_id is not None or self.email_key is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedVoucher:
    """A voucher that counts, with what it does."""

    voucher: Voucher
    discount_minor: int
    slot: int | None
    """The place among the uses of the person."""

    @property
    def code(self) -> str:
        """The voucher's code."""
        return self.voucher.code

    @property
    def frees_delivery(self) -> bool:
        """True when delivery costs nothing."""
        return self.voucher.kind == VoucherKind.FREE_SHIPPING


def applied_voucher(code: str, *, goods: Money, person: Person, now: datetime) -> AppliedVoucher:
    """Return what a voucher does for goods of this worth; one statement, also where a person's uses are counted.

    :raises VoucherRefusedError: it does not count, and why.
    """
    voucher, taken = _with_uses(code, person=person)
    if voucher is None:
        raise VoucherUnknownError
    terms = voucher.terms
    check_voucher(terms, used=voucher.used, goods=goods, now=now)
    return AppliedVoucher(
        voucher=voucher,
        discount_minor=discount_of(terms, goods_minor=goods.minor),
        slot=free_slot(limit=terms.limit_per_person, taken=taken),
    )


def _with_uses(code: str, *, person: Person) -> tuple[Voucher | None, Sequence[int | None]]:
    """Return a voucher and the places that a person has among its uses: each row of the join is one of them."""
    kept = normal_code(code)
    if not kept:
        return None, []
    found = Voucher.objects.filter(code=kept)
    if not person.is_known:
        return found.first(), []
    mine = FilteredRelation("redemptions", condition=_uses_of(person))
    rows = list(found.annotate(mine=mine, my_use=F("mine__id"), my_slot=F("mine__slot")))
    taken = [row.my_slot for row in rows if row.my_use is not None]
    return (rows[0] if rows else None), taken


def _uses_of(person: Person) -> Q:
    keys = {"customer_id": person.customer_id, "email_key": person.email_key}
    uses = Q()
    for name, key in keys.items():
        if key is not None:
            uses |= Q(**{f"redemptions__{name}": key})
    return uses


def find_voucher(voucher_id: UUID) -> Voucher:
    """Return a voucher.

    :raises NotFoundError: there is none.
    """
    voucher = Voucher.objects.filter(id=voucher_id).first()
    if voucher is None:
        msg = "There is no such voucher."
        raise NotFoundError(msg)
    return voucher


def vouchers_matching(search: str = "") -> QuerySet[Voucher]:
    """Return the vouchers whose code or description mentions a text, unordered."""
    text = search.strip()
    found = Voucher.objects.all()
    return found.filter(Q(code__icontains=text) | Q(description__icontains=text)) if text else found


def uses_of(voucher_id: UUID) -> QuerySet[VoucherRedemption]:
    """Return the orders that a voucher counted for, newest first."""
    uses = VoucherRedemption.objects.filter(voucher_id=voucher_id).select_related("order")
    return uses.order_by("-redeemed_at", "-id")

"""What has to hold for payments, refunds and parcels one by one; ``manage.py doctor`` looks.

Each look is one statement that names only what is wrong, so that a shop with many orders is looked at in seconds.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from apps.orders.models.fulfilments import FulfilmentLine
from apps.orders.models.orders import OrderChange, OrderLine
from apps.orders.models.payments import Payment, PaymentState
from apps.orders.models.refunds import Refund, RefundLine, RefundState
from apps.orders.selectors.soundness import LOOK, told
from kernel import clock
from kernel.doctor import Finding, check

OVERDUE = timedelta(days=1)
"""Providers are asked again within the hour; so long after its time, nobody asks any more."""
UNDECIDED = timedelta(days=7)
"""So long a provider may take to give money back, and staff to decide what becomes of what it refused."""
UNSETTLED = timedelta(days=21)
"""So long a provider may take to say whether money arrived; a debit takes up to two weeks."""
UNDER_WAY = (PaymentState.PENDING, PaymentState.REQUIRES_ACTION, PaymentState.AUTHORISED)


@check(is_about_time=True)
def refunds_come_to_their_end() -> Iterator[Finding]:
    """No refund waits for a worker a day beyond its time, nor a week for its provider or for somebody to decide."""
    now = clock.now()
    is_late = Q(next_attempt_at__lt=now - OVERDUE) | Q(next_attempt_at=None, refunded_at__lt=now - OVERDUE)
    for row in _named(Refund.objects.filter(is_late, state=RefundState.REQUESTED)):
        yield Finding(
            about=f"refund {row['reference']} of order {row['number']}",
            problem=f"Its provider should have been asked by {_moment(row['next_attempt_at'] or row['refunded_at'])}.",
            mend="Start the worker: manage.py worker. It asks until the provider gives the money back or refuses to.",
        )
    again = OrderChange.objects.filter(order=OuterRef("order"), kind="refund_retried", at__gte=now - UNDECIDED)
    slow = Refund.objects.filter(
        ~is_late & ~Exists(again), state=RefundState.REQUESTED, refunded_at__lt=now - UNDECIDED
    )
    for row in _named(slow):
        yield Finding(
            about=f"refund {row['reference']} of order {row['number']}",
            problem="Its provider was asked more than a week ago, and has not given the money back.",
            mend="See at the payment provider what became of it, and whether it lets this shop in.",
        )
    lately = OrderChange.objects.filter(order=OuterRef("order"), kind="refund_failed", at__gte=now - UNDECIDED)
    undecided = Refund.objects.filter(~Exists(lately), state=RefundState.FAILED, refunded_at__lt=now - UNDECIDED)
    for row in _named(undecided):
        yield Finding(
            about=f"refund {row['reference']} of order {row['number']}",
            problem="Its provider refused it more than a week ago, and the money is still owed.",
            mend="Open the order in /office/ and decide: ask the provider again, or send the money through the bank "
            "and say so there.",
        )


@check(is_about_time=True)
def payments_come_to_their_end() -> Iterator[Finding]:
    """No payment waits for a worker a day beyond its time, nor weeks for its provider."""
    before = clock.now() - OVERDUE
    is_forgotten = Q(state=PaymentState.AUTHORISED, next_check_at=None, updated_at__lt=before)
    slow = Payment.objects.filter(
        created_at__lt=clock.now() - UNSETTLED, next_check_at__gte=before, state__in=UNDER_WAY
    )
    names = ("reference", "state", "created_at", "updated_at")
    for row in slow.order_by("id").values(*names, number=F("order__number")).iterator():
        yield Finding(
            about=f"payment {row['reference']} of order {row['number']}",
            problem=f"It was begun {_moment(row['created_at'])}, is {row['state']}, and its provider does not say more.",
            mend="See at the payment provider what became of it, and whether it lets this shop in.",
        )
    late = Payment.objects.filter(Q(next_check_at__lt=before) | is_forgotten, state__in=UNDER_WAY)
    for row in late.order_by("id").values(*names, number=F("order__number")).iterator():
        yield Finding(
            about=f"payment {row['reference']} of order {row['number']}",
            problem=f"It is {row['state']} since {_moment(row['updated_at'])}, and nobody asks its provider any more.",
            mend="Start the worker: manage.py worker. It asks what became of the money, and takes it or lets it go. "
            "If one runs, see at the provider whether money is set aside for this order.",
        )


@check()
def payments_cover_their_refunds() -> Iterator[Finding]:
    """No payment gives back more than it brought, and one that is refunded gave all of it back."""
    about = {"number": F("payment__order__number"), "name": F("payment__reference")}
    refunds = Refund.objects.filter(payment__isnull=False).values(**about, brought=F("payment__amount_minor"))
    given = refunds.annotate(returned=Sum("amount_minor")).filter(returned__gt=F("brought"))
    for row in given.order_by("number", "name").iterator():
        yield Finding(
            about=f"payment {row['name']} of order {row['number']}",
            problem=f"It brought {row['brought']}, and its refunds add up to {row['returned']} (minor units).",
            mend=LOOK + "and see at the payment provider what was given back.",
        )
    closed = Payment.objects.filter(state=PaymentState.REFUNDED, currency=F("order__currency"))
    orders = closed.values(number=F("order__number"), returned=F("order__refunded_minor"))
    for row in orders.annotate(said=Sum("amount_minor")).filter(said__gt=F("returned")).order_by("number").iterator():
        problem = f"its payments say that {row['said']} went back, and it was {row['returned']} (minor units)"
        yield from told(row, [problem], mend=LOOK + "and see at the bank or the payment provider what was given back.")


@check()
def lines_count_what_left_and_what_came_back() -> Iterator[Finding]:
    """Each order line counts the pieces of its parcels and of its refunds."""
    lines = OrderLine.objects.annotate(packed=_pieces(FulfilmentLine.objects), returned=_pieces(RefundLine.objects))
    is_miscounted = ~Q(fulfilled_quantity=F("packed")) | ~Q(refunded_quantity=F("returned"))
    is_impossible = Q(removed_quantity__gt=F("refunded_quantity")) | Q(
        refunded_quantity__gt=F("fulfilled_quantity") + F("removed_quantity")
    )
    names = ("sku", "fulfilled_quantity", "refunded_quantity", "removed_quantity", "packed", "returned")
    wrong = lines.filter(is_miscounted | is_impossible).order_by("order__number", "position", "id")
    rows = wrong.values(*names, number=F("order__number")).iterator()
    for number, of_order in groupby(rows, key=itemgetter("number")):
        yield from told(
            {"number": number},
            [_miscounted(row) for row in of_order],
            mend=LOOK + "and compare with the parcels that were handed over and with what was sent back.",
        )


def _miscounted(row: dict[str, Any]) -> str:
    return (
        f"of {row['sku']} its line counts {row['fulfilled_quantity']} shipped, {row['refunded_quantity']} refunded and "
        f"{row['removed_quantity']} that will not be shipped; its parcels hold {row['packed']}, "
        f"its refunds {row['returned']}"
    )


def _pieces(rows: Any) -> Coalesce:
    of_line = rows.filter(order_line=OuterRef("pk")).order_by().values("order_line").annotate(total=Sum("quantity"))
    return Coalesce(Subquery(of_line.values("total")), Value(0), output_field=IntegerField())


def _named(refunds: QuerySet[Refund]) -> Iterator[dict[str, Any]]:
    names = ("reference", "next_attempt_at", "refunded_at")
    yield from refunds.order_by("id").values(*names, number=F("order__number")).iterator()


def _moment(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M}"

"""What has to hold for orders, their sums and their history; ``manage.py doctor`` looks."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, IntegerField, Max, Min, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from apps.orders.models.carts import Cart, CartStatus
from apps.orders.models.orders import Order, OrderChange, OrderLine
from apps.orders.models.payments import Payment, PaymentState
from apps.orders.models.refunds import Refund
from apps.orders.models.vouchers import Voucher, VoucherRedemption
from apps.orders.rules import soundness, totals
from apps.orders.rules.states import FulfilmentStatus, OrderState, PaymentStatus, Status
from contracts.products import Products
from kernel import clock
from kernel.doctor import Finding, check, pages
from kernel.models import IdempotencyRow
from kernel.rpc import client
from kernel.topology import database_of

GRACE = timedelta(minutes=10)
"""The worker calls late orders off every minute."""
ARRIVED = (PaymentState.CAPTURED, PaymentState.REFUND_DUE, PaymentState.REFUNDED)
STATES = ("status", "payment_status", "fulfilment_status")
MONEY = ("total_minor", "paid_minor", "refunded_minor", "returning_minor")
SUMMED = ("arrived_minor", "returned_minor", "is_other_money_here", "did_other_money_go_back")
COUNTED = ("subtotal_minor", "discount_minor", "tax_minor", "total_minor")
SUMS = (*COUNTED, "shipping_minor", "shipping_net_minor", "shipping_tax_minor")
LINE = ("unit_price_minor", "quantity", "tax_rate_ppm", "total_minor", "discount_minor", "net_minor", "tax_minor")
LOOK = "manage.py doctor only looks. Open the order in /office/, read its history, "


@check()
def orders_have_their_stock() -> Iterator[Finding]:
    """Each order holds or took what was ordered, and a cancelled one gave it back."""
    called_off = Exists(OrderChange.objects.filter(order=OuterRef("pk"), kind="cancelled"))
    rows = Order.objects.annotate(was_called_off=called_off).values(
        "id", "number", "expires_at", "was_called_off", *STATES
    )
    for page in pages(rows, by="id"):
        ids = [row["id"] for row in page]
        ordered = _pieces(ids)
        claims = {claim.order_id: claim for claim in client(Products).claims(order_ids=ids)}
        for row in page:
            found = claims.get(row["id"])
            claim = soundness.Claim(
                waits_for_money=row["expires_at"] is not None,
                was_called_off=row["was_called_off"],
                reserved=found.state if found else None,
                ordered_pieces=ordered[row["id"]],
                reserved_pieces={item.sku: item.quantity for item in found.lines} if found else {},
            )
            yield from told(
                row,
                soundness.claim_problems(_state(row), claim),
                mend=LOOK + f"and the stock movements of {row['id']}; cancel it, or count the stock of its SKUs.",
            )


@check()
def orders_add_up() -> Iterator[Finding]:
    """The lines, delivery and tax of each order sum up to its total, rounded as its tax mode says."""
    rows = Order.objects.values("id", "number", "tax_mode", "prices_include_tax", "shipping_rate_ppm", *SUMS)
    for page in pages(rows, by="id"):
        lines: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
        for line in _lines(page).order_by("order_id", "position", "id").values("order_id", *LINE):
            lines[line["order_id"]].append(line)
        for row in page:
            if not _adds_up(row, lines[row["id"]]):
                yield from told(
                    row,
                    ["its lines, delivery and tax do not sum up to its total"],
                    mend=LOOK + "and compare with the mail that the customer got: /office/messages/.",
                )


@check()
def histories_have_no_gaps() -> Iterator[Finding]:
    """The history of each order has one row for each of its versions."""
    rows = Order.objects.annotate(
        first=_of_changes(Min("version")), last=_of_changes(Max("version")), rows=_of_changes(Count("id"))
    ).values("id", "number", "version", "first", "last", "rows")
    for page in pages(rows, by="id"):
        for row in page:
            problem = soundness.history_problem(
                version=row["version"], first=row["first"], last=row["last"], count=row["rows"] or 0
            )
            yield from told(row, [problem] if problem else [], mend=LOOK + "and look for who wrote past the product.")


@check()
def money_adds_up() -> Iterator[Finding]:
    """What an order says was paid and refunded is what its payments and refunds add up to."""
    for row in _with_money():
        yield from told(
            row,
            soundness.money_problems(_sums(row)),
            mend=LOOK + "and compare its payments and refunds with the bank or the payment provider.",
        )


@check()
def states_agree() -> Iterator[Finding]:
    """No order is in a pair of states that contradict each other or its money."""
    for row in _with_money():
        yield from told(
            row,
            soundness.state_problems(_state(row), _sums(row)),
            mend=LOOK + "and take the step that is missing: ship, refund or cancel.",
        )


@check(is_about_time=True)
def orders_are_not_stuck() -> Iterator[Finding]:
    """No order stays half placed, or waits for its money beyond its time."""
    before = clock.now() - GRACE
    stuck = Q(status=Status.PLACING, updated_at__lt=before) | Q(status=Status.OPEN, expires_at__lt=before)
    for row in Order.objects.filter(stuck).order_by("id").values("id", "number", "status", "updated_at").iterator():
        yield from told(
            row,
            [f"it is still {row['status']}, untouched since {row['updated_at']:%Y-%m-%d %H:%M}, and its time is over"],
            mend="Start the worker: manage.py worker. It ends such orders every minute.",
        )


@check()
def carts_give_one_order() -> Iterator[Finding]:
    """Each cart that was ordered has exactly one order."""
    orders = Order.objects.filter(cart_id=OuterRef("pk"))
    lost = Cart.objects.filter(~Exists(orders), status=CartStatus.ORDERED).order_by("id")
    for cart_id, updated_at in lost.values_list("id", "updated_at").iterator():
        yield Finding(
            about=f"cart {cart_id}",
            problem=f"It was ordered at {updated_at:%Y-%m-%d %H:%M}, but there is no order.",
            mend="Look for the order in the latest backup and in the logs at that time; the customer may have to be told.",
        )
    twice = Order.objects.exclude(cart_id=None).order_by("cart_id").values("cart_id").annotate(count=Count("id"))
    for row in twice.filter(count__gt=1).iterator():
        yield Finding(
            about=f"cart {row['cart_id']}",
            problem=f"It gave {row['count']} orders.",
            mend="Cancel all but one. The database lost the unique index on orders_order.cart_id: put it back.",
        )


@check()
def vouchers_count_their_uses() -> Iterator[Finding]:
    """Each voucher counts the orders that used it, and those that were called off gave their use back."""
    for voucher in (
        Voucher.objects.annotate(rows=Count("redemptions")).exclude(used=F("rows")).order_by("id").iterator()
    ):
        yield Finding(
            about=f"voucher {voucher.code}",
            problem=f"It counts {voucher.used} uses, and {voucher.rows} orders used it.",
            mend="Look at its uses in /office/vouchers/; find who writes past the product.",
        )
    uses = Exists(VoucherRedemption.objects.filter(order=OuterRef("pk")))
    is_over = Q(status__in=(Status.CANCELLED, Status.REJECTED))
    wrong = Order.objects.filter((is_over & uses) | (~is_over & ~Q(voucher_code="") & ~uses)).order_by("id")
    for row in wrong.values("number", "status").iterator():
        yield from told(
            row,
            [f"it is {row['status']}, and its voucher's use is not as it has to be"],
            mend=LOOK + "and the voucher's.",
        )


@check()
def answers_name_orders() -> Iterator[Finding]:
    """Each answer that is kept for a repeated request names an order that exists."""
    answers = IdempotencyRow.objects.using(database_of("orders")).filter(resource_id__isnull=False, status__lt=300)
    for page in pages(answers.values("id", "resource_id", "created_at"), by="id"):
        named = {row["resource_id"]: row for row in page}
        known = set(Order.objects.filter(id__in=named).values_list("id", flat=True))
        for order_id in sorted(set(named) - known):
            yield Finding(
                about=f"order {order_id}",
                problem=f"It was acknowledged at {named[order_id]['created_at']:%Y-%m-%d %H:%M}, and does not exist.",
                mend=f"Look for {order_id} in the latest backup and in the logs; the customer may have to be told.",
            )


def told(row: Mapping[str, Any], problems: Iterable[str], *, mend: str) -> Iterator[Finding]:
    found = "; ".join(problems)
    if found:
        yield Finding(about=f"order {row['number']}", problem=f"{found[0].upper()}{found[1:]}.", mend=mend)


def _state(row: dict[str, Any]) -> OrderState:
    return OrderState(
        status=Status(row["status"]),
        payment=PaymentStatus(row["payment_status"]),
        fulfilment=FulfilmentStatus(row["fulfilment_status"]),
    )


def _sums(row: dict[str, Any]) -> soundness.Sums:
    return soundness.Sums(**{name: row[name] for name in (*MONEY, *SUMMED)})


def _with_money() -> Iterator[dict[str, Any]]:
    payments = Payment.objects.filter(state__in=ARRIVED, currency=OuterRef("currency"))
    others = Payment.objects.filter(order=OuterRef("pk")).exclude(currency=OuterRef("currency"))
    rows = Order.objects.annotate(
        arrived_minor=_sum_of(payments),
        returned_minor=_sum_of(Refund.objects.filter(currency=OuterRef("currency"))),
        is_other_money_here=Exists(others.filter(state=PaymentState.REFUND_DUE)),
        did_other_money_go_back=Exists(others.filter(state=PaymentState.REFUNDED)),
    ).values("id", "number", *SUMMED, *STATES, *MONEY)
    for page in pages(rows, by="id"):
        yield from page


def _sum_of(rows: Any) -> Coalesce:
    of_order = rows.filter(order=OuterRef("pk")).order_by().values("order").annotate(total=Sum("amount_minor"))
    return Coalesce(Subquery(of_order.values("total")), Value(0), output_field=IntegerField())


def _of_changes(figure: Count | Max | Min) -> Subquery:
    of_order = OrderChange.objects.filter(order=OuterRef("pk")).order_by().values("order")
    return Subquery(of_order.annotate(figure=figure).values("figure"), output_field=IntegerField())


def _lines(page: list[dict[str, Any]]) -> Any:
    return OrderLine.objects.filter(order_id__in=[row["id"] for row in page])


def _pieces(order_ids: list[UUID]) -> defaultdict[UUID, dict[str, int]]:
    pieces: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    lines = OrderLine.objects.filter(order_id__in=order_ids)
    for order_id, sku, quantity in lines.values_list("order_id", "sku", "quantity"):
        pieces[order_id][sku] = quantity
    return pieces


def _adds_up(row: dict[str, Any], lines: list[dict[str, Any]]) -> bool:
    """Count the order anew from its unit prices, quantities and rates, and compare every figure."""
    items = [
        totals.PricedItem(unit_minor=line["unit_price_minor"], quantity=line["quantity"], rate_ppm=line["tax_rate_ppm"])
        for line in lines
    ]
    counted = totals.totals(
        items,
        shipping_minor=row["shipping_minor"],
        shipping_rate_ppm=row["shipping_rate_ppm"],
        prices_include_tax=row["prices_include_tax"],
        mode=totals.TaxMode(row["tax_mode"]),
        discount_minor=row["discount_minor"],
    )
    parts = (*counted.lines, counted.shipping)
    taxed = [(one.amount_minor, one.discount_minor, one.net_minor, one.tax_minor) for one in parts]
    said = [tuple(line[name] for name in LINE[3:]) for line in lines]
    said.append((row["shipping_minor"], 0, row["shipping_net_minor"], row["shipping_tax_minor"]))
    return taxed == said and all(getattr(counted, name) == row[name] for name in COUNTED)

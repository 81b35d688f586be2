"""Stock: nothing sold twice, nothing held for nobody, every piece explained by the ledger of movements."""

from collections import Counter

from django.db.models import F, Sum

from apps.orders.models.orders import Order, OrderLine
from apps.products.models.stock import Reservation, ReservationLine, Stock, StockMovement
from chaos.invariants.told import Told
from chaos.table import Finding
from kernel import clock


def look(told: Told) -> list[Finding]:
    """Return what is wrong with stock."""
    stock = {row.sku: row for row in Stock.objects.filter(sku__in=told.shelf)}
    return [_oversold(told, stock), _movements(stock), _held(stock), _reservations(), _leaked()]


def _oversold(told: Told, stock: dict[str, Stock]) -> Finding:
    """Count by the orders alone: what living orders took and did not bring back, against what there was."""
    returned = {
        (line.reservation_id, line.sku): line.returned_quantity
        for line in ReservationLine.objects.filter(returned_quantity__gt=0)
    }
    sold: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    held = set(Reservation.objects.filter(state="held").values_list("order_id", flat=True))
    for line in OrderLine.objects.select_related("order"):
        if line.order_id in held:
            waiting[line.sku] += line.quantity
        elif line.order.status != "cancelled" or _kept_stock(line.order):
            sold[line.sku] += line.quantity - returned.get((line.order_id, line.sku), 0)
    wrong = [
        f"{sku}: {sold[sku]} sold and {waiting[sku]} held of {initial}"
        for sku, initial in told.shelf.items()
        if sold[sku] + waiting[sku] > initial
    ]
    wrong += [
        f"{sku}: {row.on_hand} on hand, but {told.shelf[sku]} less {sold[sku]} sold"
        for sku, row in stock.items()
        if row.on_hand != told.shelf[sku] - sold[sku]
    ]
    return Finding(what="units sold are units that were there", counted=sold.total(), violations=wrong)


def _kept_stock(order: Order) -> bool:
    """True for an order that a full refund ended: what it took came back by returns alone."""
    return Reservation.objects.filter(order_id=order.id, state="confirmed").exists()


def _movements(stock: dict[str, Stock]) -> Finding:
    sums = {
        row["sku"]: (row["shelf"], row["held"])
        for row in StockMovement.objects.filter(sku__in=stock)
        .order_by()
        .values("sku")
        .annotate(shelf=Sum("quantity"), held=Sum("reserved_quantity"))
    }
    wrong = [
        f"{sku} has {row.on_hand} and {row.reserved} held, its movements say {sums.get(sku)}"
        for sku, row in stock.items()
        if sums.get(sku) != (row.on_hand, row.reserved)
    ]
    wrong += [f"{sku} is at {row.on_hand}/{row.reserved}" for sku, row in stock.items() if _is_impossible(row)]
    return Finding(what="stock is what its movements say", counted=StockMovement.objects.count(), violations=wrong)


def _is_impossible(row: Stock) -> bool:
    return not 0 <= row.reserved <= row.on_hand


def _held(stock: dict[str, Stock]) -> Finding:
    held: Counter[str] = Counter()
    for line in ReservationLine.objects.filter(reservation__state="held"):
        held[line.sku] += line.quantity
    wrong = [
        f"{sku}: {row.reserved} reserved, {held[sku]} held" for sku, row in stock.items() if row.reserved != held[sku]
    ]
    return Finding(what="reserved is the sum of what is held", counted=held.total(), violations=wrong)


def _reservations() -> Finding:
    """Each order has its reservation, with the same lines, in the state that fits."""
    states = dict(Reservation.objects.values_list("order_id", "state"))
    claimed = {(line.reservation_id, line.sku): line.quantity for line in ReservationLine.objects.all()}
    ordered = {(line.order_id, line.sku): line.quantity for line in OrderLine.objects.all()}
    wrong = [
        f"{key} is ordered {ordered.get(key)} times and reserved {claimed.get(key)}"
        for key in ordered.keys() ^ claimed.keys()
    ]
    wrong += [
        f"{key}: {ordered[key]} ordered, {claimed[key]} reserved"
        for key in ordered.keys() & claimed.keys()
        if ordered[key] != claimed[key]
    ]
    for order in Order.objects.annotate(left=F("paid_minor") - F("refunded_minor")):
        state = states.get(order.id)
        is_taken = order.payment_method == "invoice" or order.payment_status in {"paid", "partially_refunded"}
        if order.status == "open" and state != ("confirmed" if is_taken else "held"):
            wrong.append(f"{order.id} is open and {order.payment_status}, its stock is {state}")
        if order.status == "cancelled" and state == "held":
            wrong.append(f"{order.id} is cancelled and holds stock")
    return Finding(what="orders and reservations fit together", counted=len(ordered), violations=wrong)


def _leaked() -> Finding:
    held = Reservation.objects.filter(state="held")
    wrong = [
        f"the hold of {one} ran out"
        for one in held.filter(expires_at__lt=clock.now()).values_list("order_id", flat=True)
    ]
    return Finding(what="no hold outlives its time", counted=held.count(), violations=wrong)

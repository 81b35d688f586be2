"""Money: none lost, none taken twice, none given back that never came."""

from collections import Counter, defaultdict
from uuid import UUID

from apps.orders.models.orders import Order
from apps.orders.models.payments import Payment, PaymentState
from apps.orders.models.refunds import Refund
from chaos.invariants.told import Told
from chaos.table import Finding
from kernel.money import Money

ARRIVED = {PaymentState.CAPTURED, PaymentState.REFUND_DUE, PaymentState.REFUNDED}


def look(told: Told) -> list[Finding]:
    """Return what is wrong with money."""
    orders = {order.id: order for order in Order.objects.all()}
    payments = {str(payment.id): payment for payment in Payment.objects.all()}
    arrived = [payment for payment in payments.values() if payment.state in ARRIVED]
    return [
        _kept(told, payments),
        _sums(orders, arrived),
        _pairs(orders, arrived),
        _paid_live_on(told, orders),
        _references(told, payments),
        _refunds(told, orders),
    ]


def _kept(told: Told, payments: dict[str, Payment]) -> Finding:
    wrong = []
    confirmed = [entry for entry in told.payments if entry["state"] in ARRIVED]
    for entry in confirmed:
        payment = payments.get(entry["payment"])
        if payment is None or payment.state not in ARRIVED:
            wrong.append(f"{entry['reference']} was confirmed and is {payment.state if payment else 'gone'}")
        elif Money(payment.amount_minor, payment.currency).as_text() != entry["amount"]:
            wrong.append(f"{entry['reference']} was confirmed with {entry['amount']} and has {payment.amount}")
    return Finding(what="payments are kept as confirmed", counted=len(confirmed), violations=wrong)


def _sums(orders: dict[UUID, Order], arrived: list[Payment]) -> Finding:
    paid: Counter[UUID] = Counter()
    charged: Counter[UUID] = Counter()
    wrong = []
    for payment in arrived:
        paid[payment.order_id] += payment.amount_minor
        charged[payment.order_id] += 1  # a second charge that went back by itself was a charge, too
        if payment.amount_minor != orders[payment.order_id].total_minor:
            wrong.append(f"{payment.reference} is {payment.amount} for an order of {orders[payment.order_id].total}")
    wrong += [f"{key} was charged {times} times" for key, times in charged.items() if times > 1]
    wrong += [
        f"{key} counts {order.paid_minor}, its payments {paid[key]}"
        for key, order in orders.items()
        if order.paid_minor != paid[key]
    ]
    return Finding(what="each order is paid once, and as much as it costs", counted=len(arrived), violations=wrong)


def _pairs(orders: dict[UUID, Order], arrived: list[Payment]) -> Finding:
    """Money that was taken and not given back belongs to an order that lives, or is known to be owed."""
    wrong = []
    for order in orders.values():
        left = order.paid_minor - order.refunded_minor
        if order.status == "cancelled" and left > 0 and order.payment_status != "refund_due":
            wrong.append(f"{order.id} is cancelled with {left} kept, and is {order.payment_status}")
        if order.status == "open" and (order.payment_status == "paid") != (left == order.total_minor):
            wrong.append(f"{order.id} is open and {order.payment_status} with {left} of {order.total_minor}")
    wrong += [
        f"{payment.reference} is owed, its order is {orders[payment.order_id].status} and paid otherwise"
        for payment in arrived
        if payment.state == PaymentState.REFUND_DUE and orders[payment.order_id].paid_minor < payment.amount_minor
    ]
    return Finding(what="money and orders fit together", counted=len(orders), violations=wrong)


def _paid_live_on(told: Told, orders: dict[UUID, Order]) -> Finding:
    """What is paid in time stays, unless somebody wants something else."""
    paid = {entry["order"] for entry in told.payments if entry["state"] == PaymentState.CAPTURED} - told.wishes
    found = {str(key): order for key, order in orders.items()}
    wrong = [
        f"{key} was paid and is {found[key].status} and {found[key].payment_status}"
        for key in paid & found.keys()
        if (found[key].status, found[key].payment_status) != ("open", "paid")
    ]
    return Finding(what="what was paid lives on", counted=len(paid), violations=wrong)


def _references(told: Told, payments: dict[str, Payment]) -> Finding:
    references: dict[str, set[str]] = defaultdict(set)
    for entry in told.payments:
        references[entry["reference"]].add(entry["payment"])
    wrong = [f"{reference} became {len(ids)} payments" for reference, ids in references.items() if len(ids) > 1]
    counted = Counter(payment.reference for payment in payments.values())
    wrong += [f"{reference} is there {times} times" for reference, times in counted.items() if times > 1]
    return Finding(what="a payment reference counts once", counted=len(references), violations=wrong)


def _refunds(told: Told, orders: dict[UUID, Order]) -> Finding:
    refunds = {str(refund.id): refund for refund in Refund.objects.all()}
    given: Counter[UUID] = Counter()
    for refund in refunds.values():
        given[refund.order_id] += refund.amount_minor
    wrong = [
        f"{key} gave back {given[key]}, counts {order.refunded_minor + order.returning_minor}, was paid {order.paid_minor}"
        for key, order in orders.items()
        if not given[key] == order.refunded_minor + order.returning_minor <= order.paid_minor
    ]
    wrong += [
        f"refund {one['refund']} was confirmed and is gone" for one in told.refunds if one["refund"] not in refunds
    ]
    return Finding(what="refunds are kept, and at most what was paid", counted=len(refunds), violations=wrong)

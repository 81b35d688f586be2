"""Orders: none lost, none doubled, each answer the same for ever, each history whole."""

from collections import Counter, defaultdict

from django.db.models import Count

from apps.orders.models.carts import Cart, CartStatus
from apps.orders.models.orders import Order, OrderChange
from chaos.invariants.told import CREATED, Told
from chaos.table import Finding
from kernel import clock
from kernel.money import Money

EXPECTED_REFUSALS = {
    "add 409 out_of_stock",
    "order 409 out_of_stock",
    "order 409 cart_closed",
    "pay 409 order_closed",
    "pay 409 already_paid",
    "cancel 409 order_not_cancellable",
    "refund 409 refund_too_large",
    "refund 400 invalid",
    "refund 409 conflict",
}


def look(told: Told) -> list[Finding]:
    """Return what is wrong with orders."""
    known = {str(order.id): order for order in Order.objects.all()}
    return [
        _kept(told, known),
        _once_a_key(told),
        _once_a_cart(known),
        _known_to_a_customer(told, known),
        _same_answer(told),
        _other_bodies(told),
        _whole_histories(known),
        _nothing_stuck(known),
        Finding(what="every step got an answer in the end", counted=len(told.answers), violations=told.gave_up),
        _only_known_refusals(told),
    ]


def _kept(told: Told, known: dict[str, Order]) -> Finding:
    wrong = []
    for order_id, answer in told.acknowledged.items():
        order = known.get(order_id)
        if order is None:
            wrong.append(f"{order_id} was confirmed and is gone")
        elif Money(order.total_minor, order.currency).as_text() != answer["total"]:
            wrong.append(f"{order_id} was confirmed with {answer['total']} and has {order.total}")
    wrong += [f"{one} was cancelled and is {known[one].status}" for one in told.cancelled if _is_alive(known.get(one))]
    return Finding(what="orders are kept as confirmed", counted=len(told.acknowledged), violations=wrong)


def _is_alive(order: Order | None) -> bool:
    return order is not None and order.status != "cancelled"


def _once_a_key(told: Told) -> Finding:
    wrong = [
        f"{key} gave {len(ids)} orders"
        for key, answers in told.answers.items()
        if len(ids := {answer["order"] for answer in answers if answer["status"] == CREATED}) > 1
    ]
    return Finding(what="a key gives one order", counted=len(told.answers), violations=wrong)


def _once_a_cart(known: dict[str, Order]) -> Finding:
    carts = Counter(order.cart_id for order in known.values())
    people = Counter(order.email for order in known.values())
    wrong = [f"cart {cart} gave {times} orders" for cart, times in carts.items() if times > 1]
    wrong += [f"{email} has {times} orders for one wish" for email, times in people.items() if times > 1]
    closed = set(Cart.objects.filter(status=CartStatus.ORDERED).values_list("id", flat=True))
    wrong += [f"cart {cart} is closed without an order" for cart in closed - set(carts)]
    wrong += [f"cart {cart} has an order and is open" for cart in set(carts) - closed]
    return Finding(what="a cart gives one order, and closes with it", counted=len(carts), violations=wrong)


def _known_to_a_customer(told: Told, known: dict[str, Order]) -> Finding:
    """Every buyer asks until there is an answer: an order that nobody was told of is one too many."""
    asked_in_vain = {f"{key.removesuffix('-rival')}@example.com" for key, answers in told.answers.items() if answers}
    wrong = [
        f"{order_id} of {order.email} was never confirmed to anybody"
        for order_id, order in known.items()
        if order_id not in told.acknowledged and order.email in asked_in_vain
    ]
    return Finding(what="no order is there that nobody knows of", counted=len(known), violations=wrong)


def _same_answer(told: Told) -> Finding:
    wrong = []
    repeated = 0
    for key, answers in told.answers.items():
        repeated += len(answers) - 1
        if len({(answer["status"], answer["body"]) for answer in answers}) > 1:
            wrong.append(f"{key} got {sorted({answer['status'] for answer in answers})}, or other bytes")
    return Finding(what="repetitions get the same bytes", counted=repeated, violations=wrong)


def _other_bodies(told: Told) -> Finding:
    wrong = [
        f"{one['key']} with another body got {one['status']} {one['code']}"
        for one in told.other_bodies
        if (one["status"], one["code"]) != (422, "idempotency_key_reused")
    ]
    return Finding(what="a key with another body is refused", counted=len(told.other_bodies), violations=wrong)


def _whole_histories(known: dict[str, Order]) -> Finding:
    versions: dict[str, list[int]] = defaultdict(list)
    for order_id, version in OrderChange.objects.order_by("version").values_list("order_id", "version"):
        versions[str(order_id)].append(version)
    wrong = [
        f"{order_id} stands at {order.version}, its history is {versions[order_id]}"
        for order_id, order in known.items()
        if versions[order_id] != list(range(1, order.version + 1))
    ]
    return Finding(what="histories have no gaps", counted=sum(map(len, versions.values())), violations=wrong)


def _nothing_stuck(known: dict[str, Order]) -> Finding:
    now = clock.now()
    wrong = [f"{order_id} is still being placed" for order_id, order in known.items() if order.status == "placing"]
    wrong += [
        f"{order_id} should have expired at {order.expires_at}"
        for order_id, order in known.items()
        if order.status == "open" and order.expires_at is not None and order.expires_at < now
    ]
    empty = Order.objects.annotate(count=Count("lines")).filter(count=0).values_list("id", flat=True)
    wrong += [f"{order_id} has no lines" for order_id in empty]
    return Finding(what="no order is stuck", counted=len(known), violations=wrong)


def _only_known_refusals(told: Told) -> Finding:
    wrong = [f"{times} x {refusal}" for refusal, times in told.refused.items() if refusal not in EXPECTED_REFUSALS]
    return Finding(what="refusals have a reason", counted=told.refused.total(), violations=wrong)

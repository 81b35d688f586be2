"""Seeded bugs: each takes one guard of the product away, and a run that stays green with it proves nothing.

A mutant is a text to find and a text to put; a text that is not found any more is an error, for then nobody is trying
that guard.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from chaos.options import Options

PLACING = "apps/orders/services/placing.py"
PAYMENTS = "apps/orders/services/payments.py"
OUTCOMES = "apps/orders/services/outcomes.py"
RESERVATIONS = "apps/products/services/reservations.py"
ORDER_VIEW = "apps/orders/views/orders.py"
RELAY = "kernel/events/relay.py"
BROKER = "integrations/broker/rabbitmq.py"
STOCK_TESTS = "tests/integration/under_fire/test_races.py"
GUARD_TESTS = "tests/integration/under_fire/test_guards.py"

CROWD = Options(database="postgresql", orders=60, buyers=12, kills=0, flaky=0, quiet_seconds=30)
"""Many at once, and nobody dies."""
DEADLY = Options(database="sqlite", orders=40, kills=0, flaky=0, servers=1, quiet_seconds=30)
"""Processes die where the mutant is weak."""

NO_VERSIONS = "ALTER TABLE orders_orderchange DROP CONSTRAINT orders_change_once_per_version"
"""The key below the lock of an order: with it, two who change one order at once are a conflict, and no harm is done."""

CARTS_AGAIN = "ALTER TABLE orders_order DROP CONSTRAINT orders_order_cart_id_key"
"""The key below the closing of a cart."""


class NotFoundError(LookupError):
    """The product has no such text any more: the mutant has to follow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One bug, and the run that has to find it."""

    name: str
    file: str
    find: str
    put: str
    options: Options = CROWD
    points: str = ""
    sql: str = ""
    """Takes the database's own guard away, too."""
    tests: str = ""
    """Races that find it, where no buyer can come by."""
    tests_on: str = "sqlite"
    """The database whose transactions run beside each other, where a race needs that."""
    is_sure: bool = False
    """Found each time and by far, in about a minute: two of these are tried at each push."""

    def apply(self, root: Path) -> None:
        """Put the bug into a copy of the product.

        :raises NotFoundError: the text is not there, or there twice.
        """
        file = root / self.file
        text = file.read_text(encoding="utf-8")
        if text.count(self.find) != 1:
            msg = f"{self.name}: {self.file} has the text {text.count(self.find)} times"
            raise NotFoundError(msg)
        file.write_text(text.replace(self.find, self.put), encoding="utf-8")


MUTANTS = (
    Mutant(
        name="stock is read and then written",
        file=RESERVATIONS,
        find="""    return Stock.objects.filter(sku=sku, on_hand__gte=F("reserved") + quantity).update(
        reserved=F("reserved") + quantity
    )
""",
        put="""    row = Stock.objects.get(sku=sku)
    if row.on_hand < row.reserved + quantity:
        return 0
    return Stock.objects.filter(sku=sku).update(reserved=row.reserved + quantity)
""",
    ),
    Mutant(
        name="stock is sold without a condition and without a CHECK",
        file=RESERVATIONS,
        find="""    return Stock.objects.filter(sku=sku, on_hand__gte=F("reserved") + quantity).update(on_hand=F("on_hand") - quantity)
""",
        put="""    return Stock.objects.filter(sku=sku).update(on_hand=F("on_hand") - quantity)
""",
        sql="ALTER TABLE products_stock DROP CONSTRAINT products_stock_never_oversold",
    ),
    Mutant(
        name="no inbox",
        file="kernel/events/inbox.py",
        find="""    rows.create(
        consumer=consumer.name,
        event_id=envelope.id,
        type=envelope.type,
        status=InboxRow.Status.DONE,
        handled_at=clock.now(),
    )
    _give""",
        put="""    _give""",
        options=DEADLY,
        points="event_handled=0.1",
    ),
    Mutant(
        name="the event is published after the commit",
        file=PLACING,
        find="""    publish(_fact(placed))
    redeem(placed, now=now)
    _reserve(placed)
    return placed
""",
        put="""    redeem(placed, now=now)
    _reserve(placed)
    return placed


_place_silently = _place


def _place(**everything):
    placed = _place_silently(**everything)
    if __import__("random").random() < 0.3:
        __import__("os").kill(__import__("os").getpid(), 9)
    unit_of_work(lambda: publish(_fact(placed)))()
    return placed
""",
        options=DEADLY,
        is_sure=True,
    ),
    Mutant(
        name="orders are not locked",
        file="apps/orders/services/moves.py",
        find="Order.objects.select_for_update().filter(id=order_id).first()",
        put="Order.objects.filter(id=order_id).first()",
        options=replace(CROWD, refunds=0.85),
        sql=NO_VERSIONS,
        is_sure=True,
    ),
    Mutant(
        name="a refund does not lock its order",
        file="apps/orders/services/refunds.py",
        find="    order = lock_order(order_id)\n",
        put="    order = __import__('apps.orders.models.orders', fromlist=['Order']).Order.objects.get(id=order_id)\n",
        options=replace(CROWD, refunds=0.85),
        sql=NO_VERSIONS,
        is_sure=True,
    ),
    Mutant(
        name="a message is acknowledged before its work is done",
        file=BROKER,
        find="""                    if held and _is_handled(held, handle):
                        channel.basic_ack(held[-1][1].delivery_tag, multiple=True)
                        held.clear()
""",
        put="""                    if held:
                        channel.basic_ack(held[-1][1].delivery_tag, multiple=True)
                        _is_handled(held, handle)
                        held.clear()
""",
        options=Options(database="sqlite", broker=True, orders=40, kills=0, flaky=0, servers=1, quiet_seconds=30),
        points="event_handled=0.1",
    ),
    Mutant(
        name="the outbox is emptied before its events arrived",
        file=RELAY,
        find="""    if transport is None:
        receiving.deliver(""",
        put="""    OutboxRow.objects.filter(id__in=[row.id for row in rows]).delete()
    if transport is None:
        receiving.deliver(""",
        options=DEADLY,
        points="event_handled=0.1",
        is_sure=True,
    ),
    Mutant(
        name="the answer to a key is kept after the order",
        file=ORDER_VIEW,
        find="""            keep_answer=lambda placed: answers.append(
                idem.store(
                    status=status.HTTP_201_CREATED,
                    body=dumps(PlacedOrderSerializer(placed_detail(placed.order, lines=placed.lines)).data),
                    resource_id=placed.order.id,
                ),
            ),
        )
        return answers[-1]
""",
        put="""            keep_answer=answers.append,
        )
        placed = answers[-1]
        return idem.store(
            status=status.HTTP_201_CREATED,
            body=dumps(PlacedOrderSerializer(placed_detail(placed.order, lines=placed.lines)).data),
            resource_id=placed.order.id,
        )
""",
        options=DEADLY,
        points="order_committed=0.1",
    ),
    Mutant(
        name="a repetition of a key is not recognised",
        file="kernel/http/idempotency.py",
        find='digest=hashlib.sha256(f"{scope}\\0{who}\\0{key}".encode()).hexdigest(),',
        put='digest=hashlib.sha256(__import__("os").urandom(32)).hexdigest(),',
        options=DEADLY,
    ),
    Mutant(
        name="a key with another body gets the old answer",
        file="kernel/http/idempotency.py",
        find="        if row.fingerprint != self.fingerprint:\n",
        put="        if not row.fingerprint:\n",
        options=DEADLY,
    ),
    Mutant(
        name="two orders may close one cart",
        file=PLACING,
        find="    unchanged = Cart.objects.filter(id=cart.id, status=CartStatus.OPEN, version=cart.version)\n",
        put="    unchanged = Cart.objects.filter(id=cart.id)\n",
        options=replace(CROWD, rivals=1.0),
        sql=CARTS_AGAIN,
    ),
    Mutant(
        name="a paid order expires",
        file=OUTCOMES,
        find="    order.expires_at = None\n",
        put="",
        options=DEADLY,
    ),
    Mutant(
        name="a payment reference is not looked up",
        file=PAYMENTS,
        find="    known = Payment.objects.filter(reference=reference).first() if reference else None\n",
        put="    known = None\n",
        options=DEADLY,
    ),
    Mutant(
        name="each attempt to pay is a new payment",
        file=PAYMENTS,
        find="    payment = under_way or _new_payment(",
        put="    payment = _new_payment(",
        options=replace(CROWD, twins=0.9),
    ),
    Mutant(
        name="a cancelled order keeps its stock",
        file=RESERVATIONS,
        find="""        _put_back(order_id, _outstanding(order_id), reason="cancelled", now=now)
""",
        put="""        _outstanding(order_id)
""",
        options=replace(DEADLY, cancels=0.7),
    ),
    Mutant(
        name="a second reservation of an order takes stock again",
        file=RESERVATIONS,
        find="""        _accept_repetition(order_id)
        return
    ReservationLine""",
        put="""        pass
    ReservationLine""",
        tests=STOCK_TESTS,
    ),
    Mutant(
        name="cancelling an unknown order leaves no tombstone",
        file=RESERVATIONS,
        find="""        if not _insert_once(Reservation(order_id=order_id, state=ReservationState.CANCELLED, created_at=now)):
            raise TwinWasFasterError
        return
""",
        put="""        return
""",
        tests="apps/products/tests",
    ),
    Mutant(
        name="a voucher's limit is not looked at",
        file="apps/orders/services/redeeming.py",
        find='    if as_seen.filter(Q(limit=None) | Q(used__lt=F("limit"))).update(used=F("used") + 1):\n',
        put='    if as_seen.update(used=F("used") + 1):\n',
        tests="tests/integration/orders/test_vouchers_at_once.py",
        tests_on="postgresql",
    ),
    Mutant(
        name="the database lets stock be oversold",
        file="apps/products/migrations/0001_initial.py",
        find='condition=models.Q(("reserved__gte", 0), ("on_hand__gte", models.F("reserved"))),',
        put='condition=models.Q(("reserved__gte", -1_000_000)),',
        tests=GUARD_TESTS,
    ),
    Mutant(
        name="the database lets a handler handle an event twice",
        file="kernel/migrations/0001_outbox_inbox_keys_leases.py",
        find='models.UniqueConstraint(fields=("consumer", "event_id"), name="kernel_inbox_handled_once")',
        put='models.UniqueConstraint(fields=("consumer", "event_id", "id"), name="kernel_inbox_handled_once")',
        tests=GUARD_TESTS,
    ),
    Mutant(
        name="the database lets a key have two answers",
        file="kernel/migrations/0001_outbox_inbox_keys_leases.py",
        find='("digest", models.CharField(max_length=64, unique=True)),',
        put='("digest", models.CharField(max_length=64)),',
        tests=GUARD_TESTS,
    ),
)

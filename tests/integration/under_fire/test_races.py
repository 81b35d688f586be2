"""Reserve, confirm, cancel and expire, fired at the same orders from all sides: the sums are right afterwards."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection, connections
from django.db.models import F, Sum
from structlog.testing import capture_logs

from apps.products.models.stock import Reservation, ReservationLine, ReservationState, Stock, StockMovement
from apps.products.services.reservations import cancel, confirm, expire_hold, reserve
from apps.products.tests.factories import VariantFactory
from contracts.products import ItemWanted, OutOfStockError, ReservationGoneError
from kernel.errors import NotFoundError
from kernel.ids import uuid7
from tests.fixtures import NOON

THREADS, OPERATIONS, ORDERS = 12, 60, 80
SKUS = ("CUP", "JUG", "LAMP", "MUG", "POT")
ON_HAND = 60
LATER = NOON + timedelta(minutes=30)
REFUSALS = (OutOfStockError, ReservationGoneError, NotFoundError)
DEADLOCKS = ("deadlock", "1213")

pytestmark = pytest.mark.django_db(transaction=True)


def test_whatever_happens_to_an_order_at_once_the_sums_stay_right() -> None:
    for sku in SKUS:
        VariantFactory(sku=sku, on_hand=ON_HAND)
    orders = [uuid7() for _ in range(ORDERS)]

    with capture_logs() as logs:
        outcomes = _fire([_player(number, orders) for number in range(THREADS)])

    assert sum(outcomes.values()) == THREADS * OPERATIONS
    assert outcomes["done"] > ORDERS  # the rest are refusals of the rules
    assert _broken_sums() == []
    assert _wrong_claims() == []
    assert _deadlocks(logs) == []


def test_carts_with_the_same_goods_in_any_order_never_wait_in_a_ring() -> None:
    for sku in SKUS:
        VariantFactory(sku=sku, on_hand=10_000)

    with capture_logs() as logs:
        _fire([_shopper(number) for number in range(8)])

    assert _deadlocks(logs) == []
    assert list(Stock.objects.values_list("reserved", flat=True).distinct()) == [8 * 20]


def test_an_unknown_order_that_all_call_off_at_once_makes_no_ring() -> None:
    orders = [uuid7() for _ in range(ORDERS)]

    def call_off() -> list[str]:
        for order_id in orders:
            cancel(order_id=order_id, now=NOON)
        return ["done"]

    with capture_logs() as logs:
        _fire([call_off] * THREADS)

    assert _deadlocks(logs) == []
    assert Reservation.objects.filter(state=ReservationState.CANCELLED).count() == ORDERS


def _fire(players: list[Callable[[], list[str]]]) -> Counter[str]:
    """Let all play at the same moment, and count what came of it."""
    start = Barrier(len(players))

    def play(player: Callable[[], list[str]]) -> list[str]:
        start.wait()
        try:
            return player()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(players)) as pool:
        return Counter(outcome for outcomes in pool.map(play, players) for outcome in outcomes)


def _player(seed: int, orders: list[UUID]) -> Callable[[], list[str]]:
    """Return somebody who does anything to any order, the same in each run."""
    dice = random.Random(seed)

    def step() -> str:
        order_id = dice.choice(orders)
        act = dice.choice((_reserve, _reserve, confirm, cancel, expire_hold))
        try:
            act(order_id=order_id, now=dice.choice((NOON, LATER + timedelta(hours=1))))
        except REFUSALS as refusal:
            return type(refusal).__name__
        return "done"

    return lambda: [step() for _ in range(OPERATIONS)]


def _reserve(*, order_id: UUID, now: object) -> None:
    """Reserve what this order always wants: two or three SKUs, in an order of its own."""
    dice = random.Random(order_id.int)
    lines = [ItemWanted(sku=sku, quantity=dice.randint(1, 3)) for sku in dice.sample(SKUS, dice.randint(2, 3))]
    reserve(order_id=order_id, lines=lines, expires_at=LATER, now=NOON)


def _shopper(seed: int) -> Callable[[], list[str]]:
    dice = random.Random(seed)

    def buy() -> str:
        lines = [ItemWanted(sku=sku, quantity=1) for sku in dice.sample(SKUS, len(SKUS))]
        reserve(order_id=uuid7(), lines=lines, expires_at=LATER, now=NOON)
        return "done"

    return lambda: [buy() for _ in range(20)]


def _broken_sums() -> list[str]:
    """Return the SKUs whose row says something else than the claims on it, or than the ledger."""
    claims = ReservationLine.objects.values("sku", "reservation__state").annotate(pieces=Sum("quantity"))
    of = {(row["sku"], row["reservation__state"]): row["pieces"] for row in claims}
    moved = {
        row["sku"]: (row["shelf"], row["held"])
        for row in StockMovement.objects.values("sku").annotate(shelf=Sum("quantity"), held=Sum("reserved_quantity"))
    }
    return [
        str(stock)
        for stock in Stock.objects.all()
        if stock.reserved != of.get((stock.sku, ReservationState.HELD), 0)
        or stock.on_hand != ON_HAND - of.get((stock.sku, ReservationState.CONFIRMED), 0)
        or moved[stock.sku] != (stock.on_hand, stock.reserved)
        or not 0 <= stock.reserved <= stock.on_hand
    ]


def _wrong_claims() -> list[str]:
    """Return the live claims without the goods that their order wants, and what came back without having left."""
    live = Reservation.objects.filter(state__in=(ReservationState.HELD, ReservationState.CONFIRMED))
    empty = live.filter(lines__isnull=True)
    returned = ReservationLine.objects.filter(returned_quantity__gt=F("quantity"))
    return [*map(str, empty), *map(str, returned)]


def _deadlocks(logs: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return the conflicts that were rings of waiting; waiting too long for a busy row is none."""
    conflicts = [entry for entry in logs if entry["event"] == "transaction_conflict"]
    assert connection.vendor != "sqlite" or conflicts == []
    return [entry for entry in conflicts if any(word in str(entry["error"]).lower() for word in DEADLOCKS)]

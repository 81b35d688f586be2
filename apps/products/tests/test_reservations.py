"""Stock that is never sold twice, whatever is repeated, late or at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.db.models import Sum

from apps.products.models.stock import Reservation, Stock, StockMovement
from apps.products.services import expiry
from apps.products.services.products import delete_product
from apps.products.services.reservations import RestockTooLargeError, cancel, confirm, reserve, restock
from apps.products.tests.factories import VariantFactory
from contracts.products import ItemWanted, OutOfStockError, Products, ReservationGoneError, UnknownSkuError
from kernel.actors import SYSTEM
from kernel.errors import InvalidInputError, NotFoundError
from kernel.ids import uuid7
from kernel.rpc import client
from tests.fixtures import NOON

SOON = NOON + timedelta(minutes=30)


def wanted(**quantities: int) -> list[ItemWanted]:
    return [ItemWanted(sku=sku, quantity=quantity) for sku, quantity in quantities.items()]


def shelf(sku: str) -> tuple[int, int]:
    row = Stock.objects.get(sku=sku)
    return row.on_hand, row.reserved


def ledger(sku: str) -> tuple[int, int]:
    sums = StockMovement.objects.filter(sku=sku).aggregate(shelf=Sum("quantity"), held=Sum("reserved_quantity"))
    return sums["shelf"] or 0, sums["held"] or 0


def state(order_id: UUID) -> str:
    return Reservation.objects.get(order_id=order_id).state


@pytest.fixture
def mug(db: None) -> str:
    return VariantFactory(sku="MUG", on_hand=5).sku


@pytest.fixture
def cup(db: None) -> str:
    return VariantFactory(sku="CUP", on_hand=3).sku


def test_a_hold_reserves_and_leaves_the_goods_on_the_shelf(mug: str) -> None:
    reserve(order_id=uuid7(), lines=wanted(MUG=2), expires_at=SOON, now=NOON)

    assert shelf("MUG") == (5, 2) == ledger("MUG")


def test_an_order_on_invoice_takes_the_goods_at_once(mug: str) -> None:
    reserve(order_id=uuid7(), lines=wanted(MUG=2), expires_at=None, now=NOON)

    assert shelf("MUG") == (3, 0) == ledger("MUG")


def test_the_same_sku_on_two_lines_is_added_up(mug: str) -> None:
    with pytest.raises(OutOfStockError):
        reserve(order_id=uuid7(), lines=[*wanted(MUG=3), *wanted(MUG=3)], expires_at=None, now=NOON)
    reserve(order_id=uuid7(), lines=[*wanted(MUG=3), *wanted(MUG=2)], expires_at=None, now=NOON)

    assert shelf("MUG") == (0, 0) == ledger("MUG")


def test_every_short_sku_is_named_and_nothing_is_taken(mug: str, cup: str) -> None:
    VariantFactory(sku="JUG", on_hand=9)

    with pytest.raises(OutOfStockError) as refused:
        reserve(order_id=uuid7(), lines=wanted(MUG=6, CUP=4, JUG=1), expires_at=SOON, now=NOON)

    assert refused.value.extra == {"skus": ["CUP", "MUG"]}
    assert (shelf("MUG"), shelf("CUP"), shelf("JUG")) == ((5, 0), (3, 0), (9, 0))
    assert not Reservation.objects.exists()


def test_a_sku_that_does_not_exist_is_named(mug: str) -> None:
    with pytest.raises(UnknownSkuError) as refused:
        reserve(order_id=uuid7(), lines=wanted(MUG=1, NOPE=1, mug=1), expires_at=None, now=NOON)

    assert refused.value.extra == {"skus": ["NOPE", "mug"]}
    assert shelf("MUG") == (5, 0)


@pytest.mark.parametrize("quantity", [0, -1, 10**18])
def test_a_quantity_that_makes_no_sense_is_refused(mug: str, quantity: int) -> None:
    with pytest.raises(InvalidInputError):
        reserve(order_id=uuid7(), lines=wanted(MUG=quantity), expires_at=None, now=NOON)

    assert shelf("MUG") == (5, 0)


def test_reserving_twice_for_one_order_takes_once(mug: str) -> None:
    order_id = uuid7()

    for _ in range(2):
        reserve(order_id=order_id, lines=wanted(MUG=2), expires_at=SOON, now=NOON)

    assert shelf("MUG") == (5, 2) == ledger("MUG")


def test_a_confirmed_hold_leaves_the_shelf_once(mug: str) -> None:
    order_id = uuid7()
    reserve(order_id=order_id, lines=wanted(MUG=2), expires_at=SOON, now=NOON)

    for _ in range(2):
        confirm(order_id=order_id, now=NOON)

    assert shelf("MUG") == (3, 0) == ledger("MUG")
    assert state(order_id) == "confirmed"


def test_a_reservation_nobody_made_cannot_be_confirmed(mug: str) -> None:
    with pytest.raises(NotFoundError):
        confirm(order_id=uuid7(), now=NOON)


@pytest.mark.parametrize("expires_at", [SOON, None])
def test_a_cancelled_order_gives_everything_back_once(mug: str, expires_at: Any) -> None:
    order_id = uuid7()
    reserve(order_id=order_id, lines=wanted(MUG=2), expires_at=expires_at, now=NOON)

    for _ in range(2):
        cancel(order_id=order_id, now=NOON)

    assert shelf("MUG") == (5, 0) == ledger("MUG")
    with pytest.raises(ReservationGoneError):
        confirm(order_id=order_id, now=NOON)


def test_a_late_reservation_of_a_cancelled_order_is_refused(mug: str) -> None:
    order_id = uuid7()
    cancel(order_id=order_id, now=NOON)

    with pytest.raises(ReservationGoneError):
        reserve(order_id=order_id, lines=wanted(MUG=1), expires_at=SOON, now=NOON)

    assert shelf("MUG") == (5, 0)


def test_a_hold_whose_time_is_over_gives_the_stock_back(mug: str, stop_clock: Callable[[Any], None]) -> None:
    order_id, other = uuid7(), uuid7()
    reserve(order_id=order_id, lines=wanted(MUG=2), expires_at=SOON, now=NOON)
    reserve(order_id=other, lines=wanted(MUG=1), expires_at=SOON + timedelta(hours=1), now=NOON)
    stop_clock(SOON)

    expiry.expire_holds()

    assert (state(order_id), state(other)) == ("expired", "held")
    assert shelf("MUG") == (5, 1) == ledger("MUG")


def test_a_payment_after_the_hold_takes_the_stock_again(mug: str, stop_clock: Callable[[Any], None]) -> None:
    order_id = uuid7()
    reserve(order_id=order_id, lines=wanted(MUG=2), expires_at=SOON, now=NOON)
    stop_clock(SOON)
    expiry.expire_holds()

    confirm(order_id=order_id, now=SOON)

    assert shelf("MUG") == (3, 0) == ledger("MUG")


def test_a_payment_after_others_bought_the_stock_is_refused(mug: str, stop_clock: Callable[[Any], None]) -> None:
    order_id = uuid7()
    reserve(order_id=order_id, lines=wanted(MUG=2), expires_at=SOON, now=NOON)
    stop_clock(SOON)
    expiry.expire_holds()
    reserve(order_id=uuid7(), lines=wanted(MUG=4), expires_at=None, now=SOON)

    with pytest.raises(OutOfStockError):
        confirm(order_id=order_id, now=SOON)

    assert state(order_id) == "expired"
    assert shelf("MUG") == (1, 0) == ledger("MUG")


def test_returned_goods_come_back_once_for_each_return(mug: str) -> None:
    order_id, restock_id = uuid7(), uuid7()
    reserve(order_id=order_id, lines=wanted(MUG=3), expires_at=None, now=NOON)

    for _ in range(2):
        restock(restock_id=restock_id, order_id=order_id, lines=wanted(MUG=1), now=NOON)

    assert shelf("MUG") == (3, 0) == ledger("MUG")


def test_no_more_comes_back_than_was_taken(mug: str) -> None:
    order_id = uuid7()
    reserve(order_id=order_id, lines=wanted(MUG=3), expires_at=None, now=NOON)
    restock(restock_id=uuid7(), order_id=order_id, lines=wanted(MUG=2), now=NOON)

    with pytest.raises(RestockTooLargeError):
        restock(restock_id=uuid7(), order_id=order_id, lines=wanted(MUG=2), now=NOON)
    cancel(order_id=order_id, now=NOON)

    assert shelf("MUG") == (5, 0) == ledger("MUG")


def test_reserving_is_three_inserts_and_then_one_update_a_sku(mug: str, cup: str, statements: Any) -> None:
    with statements() as ran:
        client(Products).reserve(order_id=uuid7(), lines=wanted(MUG=1, CUP=1), expires_at=SOON)

    verbs = [(sql.split()[0], "products_stock" in sql.split("SET")[0]) for sql in ran.sql]
    assert [verb for verb, _ in verbs] == ["INSERT", "INSERT", "INSERT", "UPDATE", "UPDATE"]
    assert ["CUP" in ran.sql[3], "MUG" in ran.sql[4]] == [True, True]


def test_a_quote_is_one_statement_in_the_order_asked(mug: str, cup: str, statements: Any) -> None:
    with statements() as ran:
        items = client(Products).quote(skus=["MUG", "NOPE", "CUP"])

    assert [(item.sku, item.available, item.unit_price.minor) for item in items] == [("MUG", 5, 1000), ("CUP", 3, 1000)]
    assert len(ran) == 1


def _closing(work: Callable[[], bool]) -> bool:
    try:
        return work()
    finally:
        connections.close_all()


def race(work: Callable[[int], bool], *, threads: int, count: int) -> int:
    """Do the work ``count`` times at once; return how often it succeeded."""
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(lambda number: _closing(lambda: work(number)), range(count)))


def buy(lines: list[ItemWanted], *, expires_at: Any = None) -> bool:
    try:
        reserve(order_id=uuid7(), lines=lines, expires_at=expires_at, now=NOON)
    except OutOfStockError:
        return False
    return True


@pytest.mark.django_db(transaction=True)
def test_twelve_buyers_at_once_never_buy_more_than_there_is() -> None:
    VariantFactory(sku="HOT", on_hand=20)

    sold = race(lambda _: buy(wanted(HOT=1)), threads=12, count=60)

    assert sold == 20
    assert shelf("HOT") == (0, 0) == ledger("HOT")


@pytest.mark.django_db(transaction=True)
def test_two_skus_in_opposite_order_do_not_block_each_other() -> None:
    VariantFactory(sku="A", on_hand=15)
    VariantFactory(sku="B", on_hand=30)

    sold = race(lambda number: buy(wanted(A=1, B=1) if number % 2 else wanted(B=1, A=1)), threads=8, count=24)

    assert sold == 15
    assert (shelf("A"), shelf("B")) == ((0, 0), (15, 0))


@pytest.mark.django_db(transaction=True)
def test_whatever_meets_for_the_same_orders_the_books_agree() -> None:
    VariantFactory(sku="HOT", on_hand=30)
    orders = [uuid7() for _ in range(12)]
    steps = (
        lambda order_id: reserve(order_id=order_id, lines=wanted(HOT=3), expires_at=SOON, now=NOON),
        lambda order_id: confirm(order_id=order_id, now=NOON),
        lambda order_id: cancel(order_id=order_id, now=NOON),
    )

    def step(number: int) -> bool:
        try:
            steps[number // len(orders) % len(steps)](orders[number % len(orders)])
        except (OutOfStockError, ReservationGoneError, NotFoundError):
            return False
        return True

    race(step, threads=12, count=len(orders) * len(steps) * 2)

    held = Reservation.objects.filter(state="held").aggregate(held=Sum("lines__quantity"))["held"] or 0
    sold = Reservation.objects.filter(state="confirmed").aggregate(sold=Sum("lines__quantity"))["sold"] or 0
    assert shelf("HOT") == (30 - sold, held) == ledger("HOT")


@pytest.mark.django_db(transaction=True)
def test_a_product_that_goes_while_it_sells_takes_along_what_is_left() -> None:
    product_id = VariantFactory(sku="HOT", on_hand=30).product_id

    def step(number: int) -> bool:
        if number == 6:
            delete_product(product_id=product_id, actor=SYSTEM)
            return False
        try:
            return buy(wanted(HOT=1))
        except UnknownSkuError:
            return False

    sold = race(step, threads=6, count=24)

    assert not Stock.objects.exists()
    assert ledger("HOT") == (0, 0)
    assert sold == Reservation.objects.count() == StockMovement.objects.filter(kind="sold").count()

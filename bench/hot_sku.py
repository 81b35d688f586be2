"""One thing that everybody wants: orders a second beside a variant that locks the stock first, as many shops do.

``python -m bench.hot_sku [--database postgresql]``. Each statement waits 2 ms before it runs, as an application on
another machine would let it. Bars: 3 times the variant on PostgreSQL and 5 times on MariaDB at 32 clients, in the same
run; nothing oversold at 1, 8, 32 and 64 clients on any database. The exit code is 1 when one is missed.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bench import carts, ground

PAUSE = 0.002
CLIENTS = (1, 8, 32, 64)
COMPARED = 32
PROCESSES = 4
BARS = {"postgresql": 3.0, "mysql": 5.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a number of clients reached together; the times are in seconds."""

    variant: str
    clients: int
    placed: int
    refused: int
    seconds: float
    times: list[float]
    oversold: int

    @property
    def rate(self) -> float:
        """Orders a second."""
        return self.placed / self.seconds

    def __str__(self) -> str:
        ordered = sorted(self.times)
        p95 = ordered[int(len(ordered) * 0.95)] * 1000 if ordered else 0
        return (
            f"{self.variant:<28}{self.clients:>8}{self.rate:>12.1f}{p95:>10.0f}{self.placed:>9}{self.refused:>9}"
            f"{self.oversold:>10}"
        )


def main() -> int:
    """Measure, print one table a database, and say by the exit code whether the bars are held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=sorted(ground.SERVERS), action="append", help="default: all three")
    parser.add_argument("--seconds", type=float, default=8.0, help="how long each line of the table is measured")
    parser.add_argument("--here", action="store_true", help="measure on the database of DATABASE_URL, which is empty")
    options = parser.parse_args()
    if not options.here:
        kinds = options.database or list(ground.SERVERS)
        return ground.in_each("bench.hot_sku", kinds, "--seconds", str(options.seconds))
    import django

    django.setup()
    return _measure_here(options.seconds)


def _measure_here(seconds: float) -> int:
    from django.db import connection

    vendor = connection.vendor
    print(f"\n{vendor}, {PAUSE * 1000:.0f} ms before each statement, {seconds:g} s a line", flush=True)
    print(f"{'variant':<28}{'clients':>8}{'orders/s':>12}{'p95 ms':>10}{'placed':>9}{'refused':>9}{'oversold':>10}")
    results = [_run("conditional UPDATE, last", clients, seconds) for clients in CLIENTS]
    with _locking_first():
        reference = _run("SELECT FOR UPDATE, first", COMPARED, seconds)
    ours = next(result for result in results if result.clients == COMPARED)
    ratio = ours.rate / reference.rate
    bar = BARS.get(vendor)
    print(f"ratio at {COMPARED} clients: {ratio:.1f}" + (f" (bar {bar:g})" if bar else " (one writer: no bar)"))
    is_held = not any(result.oversold for result in results) and (bar is None or ratio >= bar)
    return 0 if is_held else 1


def _run(variant: str, clients: int, seconds: float) -> Result:
    """Let so many clients order the one thing for so long; there is more of it than they can take, but for one run."""
    stock = 100_000 if clients != CLIENTS[-1] else 200
    full = carts.fill(stock=stock, carts=int(400 * seconds))
    processes = min(PROCESSES, clients)
    begin = time.time() + 1.0
    context = multiprocessing.get_context("fork")
    with context.Pool(processes) as pool:
        shares = [(full[number::processes], clients // processes, begin, seconds) for number in range(processes)]
        parts = pool.starmap(_clients, shares)
    outcomes = [outcome for part in parts for outcome in part]
    times = [took for took, is_placed in outcomes if is_placed]
    result = Result(
        variant=variant,
        clients=clients,
        placed=len(times),
        refused=len(outcomes) - len(times),
        seconds=seconds,
        times=times,
        oversold=_oversold(stock, placed=len(times)),
    )
    print(result, flush=True)
    return result


def _clients(full: list[UUID], threads: int, begin: float, seconds: float) -> list[tuple[float, bool]]:
    """Be some of the clients, in a process of its own."""
    with ThreadPoolExecutor(threads) as pool:
        parts = pool.map(_client, [(full[number::threads], begin, begin + seconds) for number in range(threads)])
        return [outcome for part in parts for outcome in part]


def _client(share: tuple[list[UUID], float, float]) -> list[tuple[float, bool]]:
    """Order one cart after another until the time is over; return how long each took, and whether it was placed."""
    from django.db import connection

    full, begin, end = share
    outcomes = []
    connection.ensure_connection()
    time.sleep(max(0.0, begin - time.time()))
    with connection.execute_wrapper(_slowly):
        for cart_id in full:
            if time.time() >= end:
                break
            started = time.perf_counter()
            is_placed = _order(cart_id)
            outcomes.append((time.perf_counter() - started, is_placed))
    connection.close()
    return outcomes


def _order(cart_id: UUID) -> bool:
    from contracts.products import OutOfStockError

    try:
        carts.order(cart_id)
    except OutOfStockError:
        return False
    return True


def _slowly(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001 - Django's signature
    time.sleep(PAUSE)
    return execute(sql, params, many, context)


def _oversold(stock: int, *, placed: int) -> int:
    """Return by how many pieces the orders and the shelf disagree with what there was."""
    from django.db import connections
    from django.db.models import Sum

    from apps.orders.models.orders import OrderLine
    from apps.products.models.stock import Stock

    ordered: int = OrderLine.objects.aggregate(pieces=Sum("quantity"))["pieces"] or 0
    left: int = Stock.objects.get(sku=carts.SKU).on_hand
    connections.close_all()
    return max(0, ordered - stock) + abs(stock - ordered - left) + abs(ordered - placed)


@contextmanager
def _locking_first() -> Iterator[None]:
    """Make the order's transaction what it is elsewhere: lock the stock, look at it, do the rest, write it back."""
    from apps.orders.services import placing
    from apps.products.models.stock import Stock
    from apps.products.services import reservations

    sellable, sell_one = placing._sellable, reservations._sell_one

    def lock_first(lines: list[Any], *, currency: str) -> Any:
        wanted = [line.sku for line in lines]
        list(Stock.objects.select_for_update().filter(sku__in=wanted).order_by("sku"))
        return sellable(lines, currency=currency)

    def write_back(sku: str, quantity: int) -> int:
        row = Stock.objects.select_for_update().get(sku=sku)
        if row.on_hand - row.reserved < quantity:
            return 0
        row.on_hand -= quantity
        row.save(update_fields=["on_hand"])
        return 1

    placing._sellable, reservations._sell_one = lock_first, write_back
    try:
        yield
    finally:
        placing._sellable, reservations._sell_one = sellable, sell_one


if __name__ == "__main__":
    os.chdir(ground.ROOT)
    sys.exit(main())

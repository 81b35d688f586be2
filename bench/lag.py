"""How long it takes from an order's commit until its event was handled, at 10 events a second.

``python -m bench.lag [--database postgresql] [--broker] [--seconds 60]``. A process places orders; from each commit to
the commit of the last of the event's handlers, by the one clock of this machine. Without a broker the worker runs in
the same process, as under ``manage.py up``; with one the process that places orders relays, and another, which is
``manage.py worker``, handles. The first seconds do not count. Bars: 95 of 100 within 250 ms, by RabbitMQ within 500 ms.
The exit code is 1 when one is missed, or an event with it.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from bench import backed, carts, ground, served
from bench.backed import Backed
from chaos.processes import Program

RATE = 10
WARM_UP = 5.0
QUIET_SECONDS = 60
BAR, BAR_BY_BROKER = 250, 500
PLACED = "orders.order_placed.v1"


def main(arguments: list[str]) -> int:
    """Measure, print one table, and say by the exit code whether the bar is held."""
    parser = argparse.ArgumentParser(prog="python -m bench.lag", description=__doc__)
    parser.add_argument("--database", choices=backed.KINDS, default="postgresql")
    parser.add_argument("--broker", action="store_true", help="by a RabbitMQ of its own, to another process")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long is measured")
    parser.add_argument("--warm-up", type=float, default=WARM_UP, help="seconds before, which do not count")
    parser.add_argument("--handle", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.handle:
        _handle(asked.handle)
        return 0
    with backed.shop_on(asked.database, broker=asked.broker) as shop:
        backed.join(shop.environment)
        lags, missing = _measure(shop, events=int(RATE * asked.seconds), before=int(RATE * asked.warm_up))
    bar = BAR_BY_BROKER if asked.broker else BAR
    way = "RabbitMQ, another process" if asked.broker else "in process"
    print(f"\n{asked.database}, {way}, {RATE} events a second for {asked.seconds:g} s")
    print(f"{'events':>8}{'missing':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'max ms':>9}")
    shares = "".join(f"{served.percentile(lags, share):>9.0f}" for share in (0.5, 0.95, 0.99, 1.0))
    print(f"{len(lags):>8}{missing:>9}{shares}   (bar: p95 {bar} ms)", flush=True)
    return 0 if not missing and served.percentile(lags) <= bar else 1


def _measure(shop: Backed, *, events: int, before: int) -> tuple[list[float], int]:
    """Return how many seconds each event took, and how many never came."""
    from kernel.events.handling import consumers_of

    handled = shop.folder / "handled"
    handled.touch()
    full = carts.fill(stock=2 * (events + before), carts=events + before)
    with _working(shop, handled):
        committed = _place(full)
        end = time.monotonic() + QUIET_SECONDS
        while len(_read(handled)) < len(full) * len(consumers_of(PLACED)) and time.monotonic() < end:
            time.sleep(0.5)
    last: dict[str, float] = {}
    for (order_id, _), moment in _read(handled).items():
        last[order_id] = max(last.get(order_id, 0.0), moment)
    counted = list(committed)[before:]
    lags = [last[order_id] - committed[order_id] for order_id in counted if order_id in last]
    return lags, len(counted) - len(lags)


def _place(full: list[UUID]) -> dict[str, float]:
    """Place an order each tenth of a second; return when each was committed, in their order."""
    began = time.monotonic()
    committed = {}
    for number, cart_id in enumerate(full):
        time.sleep(max(0.0, began + number / RATE - time.monotonic()))
        placed = carts.order(cart_id)
        committed[str(placed.order.id)] = time.time()
    return committed


@contextmanager
def _working(shop: Backed, handled: Path) -> Iterator[None]:
    """Run the worker in this process; with a broker it only relays, and the handlers are elsewhere."""
    from kernel.events.worker import Worker

    worker = Worker()
    if shop.broker is None:
        _note(handled)
    else:
        worker._threads = [thread for thread in worker._threads if "consume" not in thread.name]
        elsewhere = Program(
            name="worker",
            command=[sys.executable, "-m", "bench.lag", "--handle", str(handled)],
            environment=shop.environment,
            log=shop.folder / "worker.log",
            folder=ground.ROOT,
        )
        elsewhere.start()
    worker.start()
    try:
        yield
    finally:
        worker.stop()
        if shop.broker is not None:
            elsewhere.stop()


def _handle(handled: Path) -> None:
    """Be ``manage.py worker``, and note what was handled."""
    import django
    from django.core.management import call_command

    django.setup()
    _note(handled)
    call_command("worker")


def _note(file: Path) -> None:
    """From now on write down when a handler's transaction for an order committed."""
    from django.db import transaction

    from kernel.events import inbox

    out = file.open("a", buffering=1, encoding="ascii")
    handle_once = inbox.handle_once

    def noted(consumer: Any, envelope: Any) -> None:
        def write() -> None:
            out.write(f"{envelope.subject} {consumer.name} {time.time()!r}\n")

        if envelope.type == PLACED:
            transaction.on_commit(write, using=consumer.alias)
        handle_once(consumer, envelope)

    inbox.handle_once = noted


def _read(file: Path) -> dict[tuple[str, str], float]:
    """Return when each handler was done with each order."""
    words = [line.split() for line in file.read_text(encoding="ascii").splitlines()]
    return {(order_id, consumer): float(moment) for order_id, consumer, moment in words}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

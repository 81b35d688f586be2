"""What customers notice of a broker that is away, and how long the shop needs afterwards.

``python -m bench.broker_down [--database postgresql] [--minutes 10] [--rate 4]``. Orders come through HTTP at a steady
rate that waits for nobody, which is well below what the machine can do: first for half the minutes as usual, then the
broker is killed and stays away for all of them. Nobody orders while the backlog drains. Bars: placing an order has a p95
of at most 1.2 times that of before; each order is there with each of its effects, once, and nothing was given up. The
exit code is 1 when one is missed.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import backed, ground, served
from bench.backed import Backed
from bench.till import SKU, Till
from chaos import backing
from chaos.client import Count, is_ready
from chaos.ledger import Ledger
from chaos.processes import Program, family_of, free_port
from chaos.shelf import Goods, Staff, fill
from chaos.system import PASSWORD, STAFF

BAR = 1.2
WARM_UP = 5.0
DRAIN_SECONDS = 1800
POLL = 0.2
PLACED = "orders.order_placed.v1"


@dataclass(kw_only=True)
class Phase:
    """A time of steady selling; ``cpu`` is what the server used, in seconds."""

    name: str
    asked: int
    times: list[float]
    cpu: float
    log_lines: int

    def __str__(self) -> str:
        p50, p95 = served.percentile(self.times, 0.5), served.percentile(self.times)
        cpu = self.cpu * 1000 / max(1, self.asked)
        return (
            f"{self.name:<14}{self.asked:>9}{len(self.times):>9}{p50:>9.0f}{p95:>9.0f}{cpu:>14.0f}{self.log_lines:>11}"
        )


@dataclass(kw_only=True)
class Drain:
    """How a backlog went; the seconds count from the moment when the broker accepts connections again."""

    waiting: int
    began: float | None = None
    done: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        began = self.began or 0.0
        lines = [f"{self.waiting} events waited; the first went out {began:.1f} s after the broker was back"]
        for name, seconds in self.done.items():
            rate = self.waiting / max(POLL, seconds - began)
            lines.append(f"{name} after {seconds:.1f} s, {rate:.0f} events a second")
        return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Measure, print one table, and say by the exit code whether the bars are held."""
    parser = argparse.ArgumentParser(prog="python -m bench.broker_down", description=__doc__)
    parser.add_argument("--database", choices=backed.KINDS, default="postgresql")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long the broker is away")
    parser.add_argument("--rate", type=float, default=4.0, help="orders a second")
    asked = parser.parse_args(arguments)
    with backed.shop_on(asked.database, broker=True, LOG_LEVEL="WARNING") as shop:
        with _serving(shop) as (server, port):
            phases, drain = _measure(shop, server, port, minutes=asked.minutes, rate=asked.rate)
        faults = _verdict(shop)
    faults += [
        f"{one.asked - len(one.times)} orders were not taken, {one.name}"
        for one in phases
        if len(one.times) < one.asked
    ]
    ratio = served.percentile(phases[1].times) / served.percentile(phases[0].times)
    print(f"\n{asked.database}, RabbitMQ, {asked.rate:g} orders a second, broker away for {asked.minutes:g} min")
    print(f"{'':<14}{'orders':>9}{'placed':>9}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms/order':>14}{'log lines':>11}")
    print(*phases, f"p95 away / as usual: {ratio:.2f} (bar {BAR:g})", drain, sep="\n")
    print(f"faults: {'; '.join(faults) or 'none'}", flush=True)
    return 0 if not faults and ratio <= BAR else 1


@contextmanager
def _serving(shop: Backed) -> Iterator[tuple[Program, int]]:
    """Serve as the product does, with what it logs in a file."""
    port = free_port()
    ground.run(
        *("manage.py", "create_super_user", "--email", STAFF), environment={**shop.environment, "PASSWORD": PASSWORD}
    )
    server = Program(
        name="web",
        command=[sys.executable, "-m", "kernel.server", f"127.0.0.1:{port}"],
        environment={**shop.environment, "PORT": str(port)},
        log=shop.folder / "web.log",
        folder=ground.ROOT,
    )
    server.start()
    try:
        _wait(lambda: is_ready(port), seconds=served.START_SECONDS, what="the shop is ready")
        yield server, port
    finally:
        server.stop()


def _measure(shop: Backed, server: Program, port: int, *, minutes: float, rate: float) -> tuple[list[Phase], Drain]:
    assert shop.broker is not None
    ledger = Ledger(_ledger_of(shop))
    till = Till(port=port, ledger=ledger, count=Count())
    goods = [Goods(SKU, "19.99", 1_000_000)]
    fill(goods, port=port, staff=Staff(port, Count()), ledger=ledger)
    till.sell(rate=rate, seconds=min(WARM_UP, 30 * minutes))
    phases = [_phase("as usual", till, server, rate=rate, seconds=30 * minutes)]
    shop.broker.program.kill()
    phases.append(_phase("broker away", till, server, rate=rate, seconds=60 * minutes))
    ledger.close()
    backed.join(shop.environment)
    return phases, _drain(shop)


def _phase(name: str, till: Till, server: Program, *, rate: float, seconds: float) -> Phase:
    cpu, lines = _cpu_of(server), _lines_of(server)
    times = till.sell(rate=rate, seconds=seconds)
    return Phase(
        name=name,
        asked=int(rate * seconds),
        times=times,
        cpu=_cpu_of(server) - cpu,
        log_lines=_lines_of(server) - lines,
    )


def _drain(shop: Backed) -> Drain:
    """Start the broker, and wait until every effect of every order is there."""
    from apps.notifications.models import Message
    from apps.orders.models.orders import Order
    from kernel.events.handling import consumers_of
    from kernel.models import InboxRow, OutboxRow

    assert shop.broker is not None
    drain = Drain(waiting=OutboxRow.objects.count())
    handlings = Order.objects.count() * len(consumers_of(PLACED))
    handled = InboxRow.objects.filter(type=PLACED, status=InboxRow.Status.DONE)
    steps: dict[str, Callable[[], bool]] = {
        "the outbox was empty": lambda: not OutboxRow.objects.exists(),
        "all was handled": lambda: handled.count() == handlings,
        "all mails were sent": lambda: not Message.objects.filter(status=Message.Status.QUEUED).exists(),
    }
    backing.begin_again(shop.broker)
    back = time.monotonic()
    while (waited := time.monotonic() - back) < DRAIN_SECONDS and len(drain.done) < len(steps):
        if drain.began is None and OutboxRow.objects.count() < drain.waiting:
            drain.began = waited
        name, is_done = list(steps.items())[len(drain.done)]
        if is_done():
            drain.done[name] = time.monotonic() - back
        else:
            time.sleep(POLL)
    return drain


def _verdict(shop: Backed) -> list[str]:
    """Hold every table against what customers were told; return what does not fit."""
    command = [sys.executable, "-m", "chaos.verdict", str(_ledger_of(shop)), "60"]
    done = subprocess.run(
        command, cwd=ground.ROOT, env=dict(shop.environment), check=True, stdout=subprocess.PIPE, text=True
    )
    findings: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])["findings"]
    return [f"{one['what']}: {text}" for one in findings for text in one["violations"]]


def _ledger_of(shop: Backed) -> Path:
    return shop.folder / "ledger"


def _cpu_of(server: Program) -> float:
    """Return the processor's seconds that the server's processes used up to now."""
    assert server.process is not None
    ticks = 0
    for pid in family_of(server.process.pid):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _lines_of(server: Program) -> int:
    return server.log.read_bytes().count(b"\n")


def _wait(is_done: Callable[[], bool], *, seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > end:
            raise RuntimeError(f"not within {seconds:g} s: {what}")
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

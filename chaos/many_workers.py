"""``python -m chaos.many_workers``: a backlog of events, workers that all relay and all consume, and a killer among them.

With ``--wipe-broker`` the broker loses its disk with events in its queues, and is filled again as docs/operations.md says.
"""

import random
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from chaos import backing
from chaos.backing import RabbitMQ
from chaos.options import DATABASES, Options
from chaos.processes import Program, leave_tidily
from chaos.run import LEDGER, Outcome, folder_of, verdict
from chaos.system import System
from chaos.table import REACHED, Finding, written
from kernel.topology import SERVICES

WATCH_SECONDS = 0.1
EVENTS_AN_ORDER = 2
QUEUES = tuple(f"saluhall.{name}" for name in (*SERVICES, "unroutable", "dead"))


@dataclass
class Crowd:
    """A run: half of the orders come before any worker, the others while workers are killed."""

    system: System
    events: int
    dice: random.Random
    kills: int = 0
    lost: int = 0
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def orders(self) -> int:
        """How many orders there are in all."""
        return self.events // EVENTS_AN_ORDER

    @property
    def half(self) -> int:
        """How many of them nobody works on at first."""
        return self.orders // 2

    @cached_property
    def buyers(self) -> Program:
        """The second half of the orders, in a process that nobody kills."""
        return Program(
            name="buyers",
            command=self._command(
                "orders", str(self.system.folder / LEDGER), str(self.half), str(self.orders - self.half)
            ),
            environment=self.system.environment,
            log=self.system.folder / "buyers.log",
            folder=self.system.root,
        )

    def begin(self) -> None:
        """Fill the shelf and the outbox, start the workers, and let more orders come."""
        self.run("goods", str(self.system.folder / LEDGER), str(self.orders * EVENTS_AN_ORDER), str(self.half))
        self.system.keep_running(self.system.new_workers())
        self.system.be_dangerous()
        while not all(self.system.is_at_work(worker) for worker in self.system.workers):
            time.sleep(WATCH_SECONDS)
        self.buyers.start()

    def kill_workers(self, *, share: float) -> None:
        """Kill a worker whenever so many of the orders are through, up to this share of them."""
        kills = self.system.options.kills
        while self.kills < kills * share:
            self.wait_for((self.kills + 0.5) / kills)
            while not (self.system.is_at_work(victim := self.dice.choice(self.system.workers))):
                time.sleep(WATCH_SECONDS)
            self.system.kill_first(victim)
            self.kills += 1
        self.wait_for(share)

    def wait_for(self, share: float) -> None:
        """Wait until this share of the orders that come meanwhile is there."""
        ledger = self.system.folder / LEDGER
        due = self.half + share * (self.orders - self.half)
        while self.buyers.is_running and ledger.read_bytes().count(b'"kind":"order"') < due:
            time.sleep(WATCH_SECONDS)

    def lose_the_disk(self) -> None:
        """Kill all workers, let a relay fill the queues, wipe the broker, and do what the handbook says."""
        self.system.kill_all()
        self.wait_for(0.75)
        self.run("relay")
        self.lost = sum(self.broker.messages(QUEUES).values())
        self.broker.wipe()
        backing.begin_again(self.broker)
        self.system.manage("events", "declare")
        self.system.keep_running(self.system.new_workers())
        self.system.manage("events", "refill", "--since", self.began.isoformat())

    def end(self) -> None:
        """Wait for the last order.

        :raises RuntimeError: an order failed.
        """
        assert self.buyers.process is not None
        if self.buyers.process.wait():
            raise RuntimeError(self.buyers.log.read_text(encoding="utf-8")[-4000:])
        self.system.be_quiet()

    @property
    def broker(self) -> RabbitMQ:
        """The run's own."""
        broker = self.system.broker
        assert isinstance(broker, RabbitMQ)
        return broker

    def run(self, *arguments: str) -> str:
        """Run a part of this with the shop's environment."""
        return self.system.run(self._command(*arguments), seconds=60 + self.orders)

    @staticmethod
    def _command(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "chaos.backlog", *arguments]


def outcome_of(options: Options, *, events: int, is_wiped: bool = False) -> Outcome:
    """Do one run, in a folder of its own."""
    with _standing(options, events=events) as crowd:
        started = time.monotonic()
        crowd.begin()
        crowd.kill_workers(share=0.5 if is_wiped else 1)
        if is_wiped:
            crowd.lose_the_disk()
            crowd.kill_workers(share=1)
        crowd.end()
        bought = time.monotonic()
        findings, waited = verdict(crowd.system)
        facts = [
            ("workers", f"{options.workers}, each a relay and a consumer of every service"),
            ("workers killed", crowd.kills),
            ("messages lost by the broker", crowd.lost),
            ("seconds of orders", f"{bought - started:.1f}"),
            ("seconds until quiet", f"{waited:.1f}"),
        ]
        return Outcome([*findings, *_about(crowd, findings, is_wiped=is_wiped)], facts)


def _about(crowd: Crowd, findings: list[Finding], *, is_wiped: bool) -> Iterator[Finding]:
    """Return what only this run promises: enough happened, and the broker has nothing left."""
    events = next(one.counted for one in findings if one.what == REACHED)
    too_few = [f"there were {events}"] if events < crowd.events else []
    yield Finding(what=f"there were {crowd.events} events", counted=events, violations=too_few)
    left = [f"{count} in {name}" for name, count in crowd.broker.messages(QUEUES).items() if count]
    yield Finding(what="the broker's queues are empty", counted=len(QUEUES), violations=left)
    if is_wiped:
        nothing = [] if crowd.lost else ["its queues were empty"]
        yield Finding(what="the broker lost messages with its disk", counted=crowd.lost, violations=nothing)


@contextmanager
def _standing(options: Options, *, events: int) -> Iterator[Crowd]:
    with folder_of(options) as folder:
        crowd = Crowd(System(options=options, folder=folder), events, random.Random(options.seed))
        try:
            crowd.system.prepare()
            yield crowd
        finally:
            crowd.buyers.kill()
            crowd.system.stop()


def main(arguments: list[str]) -> int:
    """Run once; 1 when anything is wrong."""
    asked = vars(_parser().parse_args(arguments))
    events, is_wiped = asked.pop("events"), asked.pop("wipe_broker")
    options = Options(broker=True, orders=events // EVENTS_AN_ORDER, quiet_seconds=60 + events / 20, **asked)
    outcome = outcome_of(options, events=events, is_wiped=is_wiped)
    findings = [one for one in outcome.findings if one.counted or one.violations]
    how = "broker wiped" if is_wiped else "broker stays"
    title = (
        f"chaos: {options.database}, RabbitMQ, {events} events, {options.kills} kills, {how}, {options.flaky:.0%} flaky"
    )
    print(written(f"{title}, seed {options.seed}", findings, facts=outcome.facts))
    return 1 if outcome.violations else 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m chaos.many_workers", description=__doc__)
    parser.add_argument("--database", choices=DATABASES, default="postgresql")
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--kills", type=int, default=12, help="SIGKILLs for workers")
    parser.add_argument("--wipe-broker", action="store_true", help="throw away the broker's disk in the middle")
    parser.add_argument("--flaky", type=float, default=0.0, help="share of handlings that fail")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs, data and ledger")
    return parser


if __name__ == "__main__":
    leave_tidily()
    sys.exit(main(sys.argv[1:]))

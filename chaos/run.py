"""One run: the shop stands up, buyers come, faults strike, quiet returns, the books are checked."""

import json
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chaos.buyers import Buyer, Market
from chaos.client import Count
from chaos.faults import Faults
from chaos.ledger import Ledger
from chaos.options import Options
from chaos.points import POINTS
from chaos.shelf import Staff, fill, goods_for, last_pieces
from chaos.system import ROOT, System
from chaos.table import Finding, written

LEDGER = "ledger.jsonl"
REPEATED = 300
"""How many of the orders are asked for once more when all is quiet."""

LAST_POINTS_SECONDS = 90
"""How long the last points may take once nobody buys any more: an order expires after 18 s, and the dead hold leases."""

MEETING_SECONDS = 20
"""How long buyers wait for each other before a rush."""

VERDICT_SECONDS, VERDICT_SECONDS_AN_ORDER = 120, 0.2
"""How long looking through everything may take, even on a machine that is busy."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found."""

    findings: Sequence[Finding]
    facts: Sequence[tuple[str, object]]

    @property
    def violations(self) -> int:
        """How many invariants' violations there are."""
        return sum(len(one.violations) for one in self.findings)


def run(options: Options, *, root: Path = ROOT) -> tuple[str, bool]:
    """Do one run; return its table, and whether all is well."""
    outcome = outcome_of(options, root=root)
    return written(f"chaos: {options.title}", outcome.findings, facts=outcome.facts), not outcome.violations


def outcome_of(options: Options, *, root: Path = ROOT, points: str = "", sql: str = "") -> Outcome:
    """Do one run, in a folder of its own; the database may lose a guard before by ``sql``."""
    with folder_of(options) as folder:
        system = System(options=options, folder=folder, root=root, points=points or _points(options), sql=sql)
        try:
            return _under_fire(system)
        finally:
            system.stop()


@contextmanager
def folder_of(options: Options) -> Iterator[Path]:
    """Give a run a folder for everything that it writes."""
    folder = Path(tempfile.mkdtemp(prefix="saluhall-chaos-"))
    folder.chmod(0o755)  # PostgreSQL runs as somebody else
    try:
        yield folder
    finally:
        if options.keep:
            print(f"kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _points(options: Options) -> str:
    return ",".join(f"{point.name}={options.points}" for point in POINTS) if options.points else ""


def _under_fire(system: System) -> Outcome:
    options = system.options
    began = time.monotonic()
    system.start()
    ledger = Ledger(system.folder / LEDGER)
    market = _market(system, ledger)
    opened = time.monotonic()
    faults = Faults(system, market, options, random.Random(options.seed))
    system.be_dangerous()
    _trade(market, options, faults)
    closed = time.monotonic()
    _let_the_last_points_strike(system, market)
    system.be_quiet()
    system.wait_until_ready()
    _repeat(market, options)
    ledger.close()
    findings, waited = verdict(system)
    findings += [_no_500(market), *_every_point(system)]
    facts = [
        ("seconds to start", f"{opened - began:.1f}"),
        ("seconds of trade", f"{closed - opened:.1f}"),
        ("orders a second", f"{options.orders / (closed - opened):.1f}"),
        ("seconds until quiet", f"{waited:.1f}"),
        *sorted(faults.done.items()),
        ("starts of processes", sum(program.starts for program in system.programs)),
        ("connections broken", market.count.broken),
        ("answers 5xx", f"{market.count.unavailable}, of which {len(market.count.errors_500)} are 500"),
        ("slowest answer", f"{market.count.slowest:.1f} s"),
        ("seconds in all", f"{time.monotonic() - began:.1f}"),
    ]
    return Outcome(findings, facts)


def _market(system: System, ledger: Ledger) -> Market:
    """Put the goods on the shelf, and open the door."""
    options = system.options
    staff = Staff(system.port, Count())
    goods = goods_for(options.orders)
    fill([*goods, *last_pieces(options.buyers)], port=system.port, staff=staff, ledger=ledger)
    return Market(
        port=system.port,
        ledger=ledger,
        goods=goods,
        staff=staff,
        orders=options.orders,
        meeting=threading.Barrier(options.buyers, timeout=MEETING_SECONDS),
        refunds=options.refunds,
        cancels=options.cancels,
        twins=options.twins,
        rivals=options.rivals,
    )


def _trade(market: Market, options: Options, faults: Faults) -> None:
    """Let the buyers buy while faults strike."""
    buyers = [Buyer(market, random.Random(f"{options.seed}-{number}")) for number in range(options.buyers)]
    threads = [
        threading.Thread(target=buyer.buy_until_done, name=f"buyer-{n}", daemon=True) for n, buyer in enumerate(buyers)
    ]
    striking = threading.Thread(target=faults.run, name="faults", daemon=True)
    for thread in (*threads, striking):
        thread.start()
    try:
        for thread in threads:
            thread.join()
    finally:
        market.count.is_over = any(thread.is_alive() for thread in threads)
    market.over.set()
    striking.join()


def _repeat(market: Market, options: Options) -> None:
    """Ask once more for what was ordered, long after: the answer is still the same."""
    dice = random.Random(options.seed)
    buyer = Buyer(market, dice)
    for placed in dice.sample(market.placed, k=min(REPEATED, len(market.placed))):
        buyer.repeat(placed)
    buyer.buy_until_done()  # nothing is left to buy: lets go of the connections


def _no_500(market: Market) -> Finding:
    """Whatever is away or busy, an answer says so: 500 is for bugs alone."""
    return Finding(what="no answer is a 500", counted=market.count.answers, violations=market.count.errors_500)


def _let_the_last_points_strike(system: System, market: Market) -> None:
    """Let one buyer do what chance may have spared the others: an order that nobody pays, until it expires."""
    if not _missed(system):
        return
    buyer = Buyer(market, random.Random(system.options.seed))
    buyer.order_and_leave()
    end = time.monotonic() + LAST_POINTS_SECONDS
    while _missed(system) and time.monotonic() < end:
        time.sleep(0.2)


def _every_point(system: System) -> list[Finding]:
    """When each point kills once, each has to have done so: a seam that nobody passes proves nothing."""
    if system.options.points < 1:
        return []
    return [Finding(what="a process died at every point", counted=len(POINTS), violations=_missed(system))]


def _missed(system: System) -> list[str]:
    """Return the points at which nothing died yet, though each kills once."""
    if system.options.points < 1:
        return []
    return [point.name for point in POINTS if not (system.folder / f"died-at-{point.name}").exists()]


def verdict(system: System) -> tuple[list[Finding], float]:
    """Wait until the shop is quiet; return what is wrong in its tables, and how long it took."""
    quiet = system.options.quiet_seconds
    command = [sys.executable, "-m", "chaos.verdict", str(system.folder / LEDGER), str(quiet)]
    seconds = quiet + VERDICT_SECONDS + VERDICT_SECONDS_AN_ORDER * system.options.orders
    answer = json.loads(system.run(command, seconds=seconds).splitlines()[-1])
    return [Finding(**one) for one in answer["findings"]], float(answer["waited"])

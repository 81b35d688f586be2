"""What a shop does when four times as much is asked of it as it can do.

``python -m bench.overload [--database postgresql] [--seconds 60] [--times 4]``. It finds how many requests a second one
server process does when each client waits for its answer, then sends ``--times`` as many on a schedule that waits for
nobody. Bars: at least 0.8 of what it did before, everything else 429 or 503 with ``Retry-After``, no 500, no connection
lost, and within 10 s after the flood everything is as before. The exit code is 1 when one is missed.
"""

import argparse
import itertools
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median

from bench import ground, served
from bench.served import REFUSALS, Answer
from bench.stream import stream

KINDS = (("GET", "/products/", b""), ("GET", "/api/v1/products/", b""), ("POST", "/api/v1/carts/", b"{}"))
CLIENTS = 16
RECOVERY_BAR, GOODPUT_BAR = 10.0, 0.8
STEADY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one flood."""

    capacity: float
    offered: float
    goodput: float
    refusals: list[Answer]
    wrong: Counter[int]
    recovery: float
    probes: Counter[int]
    seen: list[float]
    """How long a refusal took for somebody who asks beside the flood."""

    @property
    def faults(self) -> list[str]:
        """What is not as it must be, whatever the machine; sentences."""
        bare = sum(1 for answer in self.refusals if "Retry-After" not in answer.headers)
        found = [f"{n} answers with status {status or 'none'}" for status, n in self.wrong.items()]
        found += [f"{bare} refusals without Retry-After"] if bare else []
        found += [f"probes answered {dict(self.probes)}"] if set(self.probes) - {200} else []
        found += [f"recovery took {self.recovery:.1f} s"] if self.recovery > RECOVERY_BAR else []
        return found

    def __str__(self) -> str:
        return (
            f"capacity {self.capacity:.0f}/s, offered {self.offered:.0f}/s, served {self.goodput:.0f}/s: "
            f"ratio {self.goodput / self.capacity:.2f}\n"
            f"refused {len(self.refusals)}; one who asks beside the flood is refused within "
            f"p50 {served.percentile(self.seen, 0.5):.1f} ms, p95 {served.percentile(self.seen):.1f} ms\n"
            f"probes {dict(self.probes)}; recovery {self.recovery:.1f} s\n"
            f"faults: {', '.join(self.faults) or 'none'}"
        )


def flood(port: int, *, seconds: float, times: float) -> Outcome:
    """Find the capacity, flood, and wait until all is as before."""
    closed_loop(port, seconds=min(3.0, seconds))
    calm = closed_loop(port, seconds=min(10.0, seconds))
    capacity = len(calm[0]) / calm[1]
    usual = median(answer.seconds for answer in calm[0])
    probes: list[Answer] = []
    is_over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(port, probes, is_over))
    watcher.start()
    onlooker = subprocess.Popen(
        [sys.executable, "-m", "bench.onlooker", str(port), str(seconds)], cwd=ground.ROOT, stdout=subprocess.PIPE
    )
    began = time.monotonic()
    answers = stream(port, KINDS, rate=capacity * times, seconds=seconds)
    took = time.monotonic() - began
    recovery = _recover(port, within=max(1.0, 3 * usual))
    is_over.set()
    watcher.join()
    good = [answer for answer in answers if answer.status in {200, 201}]
    return Outcome(
        capacity=capacity,
        offered=len(answers) / took,
        goodput=len(good) / took,
        refusals=[answer for answer in answers if answer.status in REFUSALS],
        wrong=Counter(answer.status for answer in answers if answer.status not in {200, 201} | REFUSALS),
        recovery=recovery,
        probes=Counter(answer.status for answer in probes),
        seen=json.loads(onlooker.communicate()[0]),
    )


def closed_loop(port: int, *, seconds: float) -> tuple[list[Answer], float]:
    """Let a few clients ask again as soon as they are answered; return the good answers and the time."""
    end = time.monotonic() + seconds
    kinds = _kinds()
    began = time.monotonic()
    found: list[Answer] = []

    def client() -> None:
        while time.monotonic() < end:
            found.append(served.ask(port, *next(kinds)))

    _together(CLIENTS, client)
    return [answer for answer in found if answer.status in {200, 201}], time.monotonic() - began


def _kinds() -> Iterator[tuple[str, str, bytes, dict[str, str]]]:
    return itertools.cycle((*kind, {"Content-Type": "application/json"}) for kind in KINDS)


def _together(number: int, work: Callable[[], None]) -> None:
    with ThreadPoolExecutor(number) as pool:
        for future in [pool.submit(work) for _ in range(number)]:
            future.result()


def _watch(port: int, probes: list[Answer], is_over: threading.Event) -> None:
    while not is_over.wait(0.5):
        probes.append(served.ask(port, "GET", "/livez"))
        probes.append(served.ask(port, "GET", "/readyz"))


def _recover(port: int, *, within: float) -> float:
    """Return after how many seconds several answers in a row are good and as quick as before the flood."""
    began = time.monotonic()
    since, good, kinds = began, 0, _kinds()
    while good < STEADY and time.monotonic() - began < 3 * RECOVERY_BAR:
        answer = served.ask(port, *next(kinds))
        is_good = answer.status in {200, 201} and answer.seconds <= within
        good = good + 1 if is_good else 0
        since = since if is_good else time.monotonic()
        time.sleep(0.1)
    return since - began if good >= STEADY else 3 * RECOVERY_BAR


def main(arguments: list[str]) -> int:
    """Measure on each database that was named."""
    parser = argparse.ArgumentParser(prog="python -m bench.overload", description=__doc__)
    parser.add_argument("--database", choices=tuple(ground.SERVERS), action="append", help="all by default")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the flood lasts")
    parser.add_argument("--times", type=float, default=4.0, help="how many times the capacity is sent")
    asked = parser.parse_args(arguments)
    worst = 0
    for kind in asked.database or list(ground.SERVERS):
        with ground.shop_on(kind) as environment:
            ground.run("manage.py", "demo_products", environment=environment)
            with served.serving(environment) as port:
                outcome = flood(port, seconds=asked.seconds, times=asked.times)
        print(f"\n{kind}\n{outcome}", flush=True)
        is_bad = bool(outcome.faults) or outcome.goodput < GOODPUT_BAR * outcome.capacity
        worst = max(worst, int(is_bad))
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

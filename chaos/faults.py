"""What goes wrong, spread over the run by how many orders are through: so every fault meets buyers."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from chaos import backing
from chaos.backing import Backing
from chaos.buyers import Market
from chaos.options import Options
from chaos.system import System

WATCH_SECONDS = 0.05
DOWN_SECONDS = 1.0
"""How long a killed database stays away."""


@dataclass
class Faults:
    """Kills and holes of one run; each happens once its share of the orders is through."""

    system: System
    market: Market
    options: Options
    dice: random.Random
    done: dict[str, int] = field(default_factory=dict)
    _side: list[threading.Thread] = field(default_factory=list)

    def run(self) -> None:
        """Do everything that is planned, or as much as the orders leave time for; then wait for what is away."""
        for share, fault in self._plan():
            while self.market.done < share * self.options.orders and not self.market.over.is_set():
                time.sleep(WATCH_SECONDS)
            fault()
        for thread in self._side:
            thread.join()

    def _plan(self) -> list[tuple[float, Callable[[], None]]]:
        options = self.options
        plan = _spread(options.kills, self._kill_one)
        plan += _spread(options.database_kills, lambda: self._aside("database killed", self._kill_database))
        plan += _spread(options.broker_down[0], lambda: self._aside("broker killed", self._kill_broker))
        plan += _spread(options.black_hole[0], lambda: self._aside("black hole", self._make_hole))
        return sorted(plan, key=lambda step: step[0])

    def _kill_one(self) -> None:
        """Kill one process of the shop, and let the run go on only once it is there again."""
        victims: list[tuple[str, Callable[[], bool]]] = []
        for master in self.system.masters:
            victims += [("web worker killed", partial(self.system.kill_web_worker, master))] * 2
            victims += [("master killed", partial(self.system.kill_first, master))]
        for worker in self.system.workers:
            victims += [("worker killed", partial(self.system.kill_first, worker))] * 2
        end = time.monotonic() + 60
        while time.monotonic() < end:
            name, hit = self.dice.choice(victims)
            if hit():
                self._count(name)
                return
            time.sleep(WATCH_SECONDS)

    def _kill_database(self) -> None:
        if self.system.database is not None:
            _restart(self.system.database, seconds=DOWN_SECONDS)

    def _kill_broker(self) -> None:
        if self.system.broker is not None:
            _restart(self.system.broker, seconds=self.options.broker_down[1])

    def _make_hole(self) -> None:
        for proxy in self.system.proxies:
            proxy.is_black_hole = True
        time.sleep(self.options.black_hole[1])
        for proxy in self.system.proxies:
            proxy.is_black_hole = False

    def _aside(self, name: str, fault: Callable[[], None]) -> None:
        """Let a long fault last while the others go on."""
        self._count(name)
        thread = threading.Thread(target=fault, name=name, daemon=True)
        thread.start()
        self._side.append(thread)

    def _count(self, name: str) -> None:
        self.done[name] = self.done.get(name, 0) + 1


def _restart(one: Backing, *, seconds: float) -> None:
    one.program.kill()
    time.sleep(seconds)
    backing.begin_again(one)


def _spread(count: int, fault: Callable[[], None]) -> list[tuple[float, Callable[[], None]]]:
    return [((number + 0.5) / count, fault) for number in range(count)]

"""What one run of chaos is asked for."""

from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import dataclass
from typing import Self

DATABASES = ("sqlite", "postgresql", "mariadb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One run."""

    database: str = "sqlite"
    broker: bool = False
    orders: int = 200
    buyers: int = 8
    kills: int = 20
    database_kills: int = 0
    broker_down: tuple[int, float] = (0, 0.0)
    """How often the broker is killed, and for how many seconds it stays away."""
    flaky: float = 0.1
    points: float = 0.0
    """How likely a process kills itself whenever it passes one of the named points."""
    refunds: float = 0.15
    """The share of orders whose money is asked back."""
    cancels: float = 0.15
    """The share of orders that are called off."""
    twins: float = 0.2
    """How often a request is sent twice at the same moment; an order twice as often."""
    rivals: float = 0.3
    """How often the twin of an order is no repetition but a second order for the same cart."""
    servers: int = 2
    workers: int = 2
    black_hole: tuple[int, float] = (0, 0.0)
    latency_ms: int = 0
    quiet_seconds: float = 60
    seed: int = 1
    keep: bool = False

    @classmethod
    def parse(cls, arguments: list[str] | None = None) -> Self:
        """Read the command line."""
        return cls(**vars(_parser().parse_args(arguments)))

    @property
    def title(self) -> str:
        """What was run, in a line."""
        parts = [self.database, "RabbitMQ" if self.broker else "in process", f"{self.orders} orders"]
        parts += [f"{self.buyers} buyers", f"{self.kills} kills"]
        if self.database_kills:
            parts.append(f"database killed {self.database_kills} x")
        parts += [f"broker down {self.broker_down[0]} x {self.broker_down[1]:g} s"] if self.broker_down[0] else []
        parts += [f"black hole {self.black_hole[0]} x {self.black_hole[1]:g} s"] if self.black_hole[0] else []
        parts += [f"+{self.latency_ms} ms"] if self.latency_ms else []
        return ", ".join([*parts, f"{self.flaky:.0%} flaky", f"seed {self.seed}"])


def _times(text: str) -> tuple[int, float]:
    """Read ``3x30``: three times thirty seconds."""
    count, _, seconds = text.partition("x")
    try:
        return int(count), float(seconds)
    except ValueError:
        msg = f"{text!r} is not like 3x30"
        raise ArgumentTypeError(msg) from None


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--broker", action="store_true", help="deliver by a RabbitMQ of its own, with separate workers")
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--buyers", type=int, default=8)
    parser.add_argument("--kills", type=int, default=20, help="SIGKILLs for web workers, masters and workers")
    parser.add_argument("--database-kills", type=int, default=0)
    parser.add_argument("--broker-down", type=_times, default=(0, 0.0), metavar="3x30")
    parser.add_argument("--flaky", type=float, default=0.1, help="share of handlings that fail")
    parser.add_argument("--points", type=float, default=0.0, help="how likely a process dies at each named point")
    parser.add_argument("--refunds", type=float, default=0.15, help="share of orders whose money is asked back")
    parser.add_argument("--cancels", type=float, default=0.15, help="share of orders that are called off")
    parser.add_argument("--twins", type=float, default=0.2, help="share of requests that are sent twice at once")
    parser.add_argument("--rivals", type=float, default=0.3, help="share of twins that are another order for the cart")
    parser.add_argument("--servers", type=int, default=2, help="gunicorn masters on the one port")
    parser.add_argument("--workers", type=int, default=2, help="separate workers, with --broker")
    parser.add_argument("--black-hole", type=_times, default=(0, 0.0), metavar="3x20")
    parser.add_argument("--latency-ms", type=int, default=0, help="added on the way to the database and the broker")
    parser.add_argument("--quiet-seconds", type=float, default=60, help="how long everything may take to settle")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs, data and ledger")
    return parser

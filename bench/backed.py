"""A shop on a database server and a broker of its own, so that both may be measured and killed; nothing is left of them."""

import os
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from bench import ground
from chaos import backing
from chaos.backing import Backing, RabbitMQ

KINDS = tuple(ground.SERVERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backed:
    """An empty, migrated shop."""

    folder: Path
    environment: Mapping[str, str]
    broker: Backing | None


@contextmanager
def shop_on(kind: str, *, broker: bool, **extra: str) -> Iterator[Backed]:
    """Start what the shop stands on, and end it however the block is left."""
    with (
        tempfile.TemporaryDirectory(prefix="saluhall-bench-", ignore_cleanup_errors=True) as name,
        _orderly_end() as end,
    ):
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as somebody else
        rabbit = RabbitMQ(folder) if broker else None
        database = backing.database(kind, folder)
        for one in (rabbit, database):
            if one is not None:
                end.callback(one.program.kill)
        if rabbit:
            rabbit.program.start()  # it takes as long as everything else together
        if database:
            backing.begin(database)
        address = database.url(database.port) if database else f"sqlite:///{folder / 'shop.sqlite3'}"
        away = {"BROKER_URL": rabbit.url(rabbit.port)} if rabbit else {}
        environment = ground.environment_of(address, folder) | away | extra
        ground.run("manage.py", "migrate", "--skip-checks", "--verbosity", "0", environment=environment)
        if rabbit:
            backing.begin_again(rabbit)
        yield Backed(folder=folder, environment=environment, broker=rabbit)


def join(environment: Mapping[str, str]) -> None:
    """Make this process one of the shop's, whatever it was told before."""
    import django

    os.environ.clear()
    os.environ.update(environment)
    django.setup()


@contextmanager
def _orderly_end() -> Iterator[ExitStack]:
    """Let SIGTERM end this process as Ctrl-C does, and neither of them break into the tidying."""
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        with ExitStack() as stack:
            try:
                yield stack
            finally:
                for one in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(one, signal.SIG_IGN)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, before)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)

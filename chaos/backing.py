"""Databases and a broker of our own: on free ports, with their data in the run's folder, there to be killed."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_hex
from typing import Protocol

from chaos.processes import Program, answers, free_port

START_SECONDS = 60
RABBITMQ = "/usr/lib/rabbitmq/bin/rabbitmq-server"


class NotInstalledError(RuntimeError):
    """A program that this run needs is not on this machine."""


class Backing(Protocol):
    """What the shop stands on."""

    port: int
    program: Program

    def url(self, port: int) -> str:
        """Return the address for the shop, on this port or on that of a proxy."""
        ...

    def prepare(self) -> None:
        """Make the data folder."""
        ...

    def is_up(self) -> bool:
        """True when it takes connections."""
        ...


def begin(backing: Backing) -> None:
    """Start for the first time."""
    backing.prepare()
    begin_again(backing)


def begin_again(backing: Backing) -> None:
    """Start, and wait until it accepts connections: a killed one may need more than one try."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if not backing.program.is_running:
            backing.program.start()
        if backing.is_up():
            return
        time.sleep(0.1)
    msg = f"{backing.program.name} did not start; see {backing.program.log}"
    raise RuntimeError(msg)


def database(kind: str, folder: Path) -> Backing | None:
    """Return the database server of a kind; SQLite needs none.

    :raises NotInstalledError: its programs are not here.
    """
    if kind == "postgresql":
        return PostgreSQL(folder)
    if kind == "mariadb":
        return MariaDB(folder)
    return None


def at_hand() -> list[str]:
    """Return the kinds of databases whose programs are on this machine."""
    found = ["sqlite"]
    found += ["postgresql"] if _postgresql_programs() else []
    found += ["mariadb"] if _which("mariadbd") and _which("mariadb-install-db") else []
    return found


def has_broker() -> bool:
    """True when RabbitMQ's programs are on this machine."""
    return Path(RABBITMQ).exists()


class PostgreSQL:
    """A server of our own; it refuses to run as root."""

    def __init__(self, folder: Path) -> None:
        programs = _postgresql_programs()
        if not programs:
            msg = "PostgreSQL's programs (initdb, postgres) are not installed."
            raise NotInstalledError(msg)
        self.port = free_port()
        self._data = folder / "postgresql"
        self._initdb = str(programs / "initdb")
        self._user = "postgres" if os.geteuid() == 0 else None
        self.program = Program(
            name="postgresql",
            command=[
                *(str(programs / "postgres"), "-D", str(self._data), "-p", str(self.port), "-k", str(self._data)),
                *("-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"),
            ],
            environment=_plain(),
            log=folder / "postgresql.log",
            folder=folder,
            user=self._user,
        )

    def url(self, port: int) -> str:
        """Return the address of the database that every server has."""
        return f"postgres://postgres@127.0.0.1:{port}/postgres"

    def prepare(self) -> None:
        """Make the cluster."""
        self._data.mkdir()
        if self._user:
            self.program.log.touch()
            for path in (self._data, self.program.log):
                shutil.chown(path, self._user)
        arguments = ["-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        _run([self._initdb, *arguments], folder=self._data, user=self._user)

    def is_up(self) -> bool:
        """True when it takes connections."""
        return answers(self.port)


class MariaDB:
    """A server of our own."""

    def __init__(self, folder: Path) -> None:
        if not (_which("mariadbd") and _which("mariadb-install-db")):
            msg = "MariaDB's programs (mariadbd, mariadb-install-db) are not installed."
            raise NotInstalledError(msg)
        self.port = free_port()
        self._data = folder / "mariadb"
        first = folder / "first.sql"
        first.write_text("CREATE DATABASE IF NOT EXISTS shop CHARACTER SET utf8mb4;\n", encoding="ascii")
        self.program = Program(
            name="mariadb",
            command=[
                *(_which("mariadbd"), "--no-defaults", f"--datadir={self._data}", f"--port={self.port}"),
                *(f"--socket={folder / 'mariadb.sock'}", "--bind-address=127.0.0.1", f"--init-file={first}"),
                *(f"--user={_name_of_user()}", f"--pid-file={folder / 'mariadb.pid'}"),
            ],
            environment=_plain(),
            log=folder / "mariadb.log",
            folder=folder,
        )

    def url(self, port: int) -> str:
        """Return the address of the shop's database."""
        return f"mysql://root@127.0.0.1:{port}/shop"

    def prepare(self) -> None:
        """Make the data folder with its system tables."""
        arguments = ["--no-defaults", f"--datadir={self._data}", "--auth-root-authentication-method=normal"]
        _run([_which("mariadb-install-db"), *arguments, f"--user={_name_of_user()}", "--skip-test-db"])

    def is_up(self) -> bool:
        """True when it takes connections."""
        return answers(self.port)


class RabbitMQ:
    """A node of our own, with its own name, ports and folders."""

    def __init__(self, folder: Path) -> None:
        if not has_broker():
            msg = "RabbitMQ is not installed."
            raise NotInstalledError(msg)
        self.port = free_port()
        home = folder / "rabbitmq"
        home.mkdir()
        self._data = home / "data"
        (home / "plugins").write_text("[].\n", encoding="ascii")
        own = {
            "HOME": str(home),
            "RABBITMQ_NODENAME": f"chaos-{token_hex(4)}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(self._data),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_PID_FILE": str(home / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(home / "none"),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        self.program = Program(
            name="rabbitmq",
            command=[RABBITMQ],
            environment={**_plain(), **own},
            log=folder / "rabbitmq.log",
            folder=home,
        )

    def url(self, port: int) -> str:
        """Return the address of the broker."""
        return f"amqp://guest:guest@127.0.0.1:{port}/"

    def prepare(self) -> None:
        """Nothing: the node makes what it needs."""

    def is_up(self) -> bool:
        """True when it lets somebody in: a node that starts listens for a moment before it does."""
        from kombu.connection import Connection

        if not answers(self.port):
            return False
        with Connection(self.url(self.port), connect_timeout=5) as connection:
            try:
                connection.connect()
            except (*connection.connection_errors, *connection.channel_errors):
                return False
        return True

    def messages(self, queues: Sequence[str]) -> dict[str, int]:
        """Return how many messages wait in each queue that nobody has in hand."""
        from kombu.connection import Connection

        with Connection(self.url(self.port)) as connection:
            channel = connection.channel()
            return {name: channel.queue_declare(name, passive=True).message_count for name in queues}

    def wipe(self) -> None:
        """Lose the disk: kill the node, and throw away everything that it has written."""
        self.program.kill()
        shutil.rmtree(self._data)


def _postgresql_programs() -> Path | None:
    here = shutil.which("initdb")
    if here:
        return Path(here).parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _which(program: str) -> str:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or ""


def _plain() -> Mapping[str, str]:
    return {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}


def _name_of_user() -> str:
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name


def _run(command: list[str], *, folder: Path | None = None, user: str | None = None) -> None:
    done = subprocess.run(
        command, cwd=folder, env=dict(_plain()), user=user, capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode:
        msg = f"{command[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        raise RuntimeError(msg)

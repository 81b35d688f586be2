"""The whole shop as processes: started, watched, and started again when something of it dies."""

import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chaos import backing
from chaos.backing import Backing, RabbitMQ
from chaos.options import Options
from chaos.points import FIRE
from chaos.processes import Program, children_of, free_port, kill
from chaos.proxy import Proxy

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 90
WATCH_SECONDS = 0.1
PASSWORD = secrets.token_urlsafe(12)
STAFF = "chaos-staff@example.com"


@dataclass(kw_only=True)
class System:
    """Every process of one run, below one folder."""

    options: Options
    folder: Path
    root: Path = ROOT
    """Where the product's code is: a mutant has its own."""
    points: str = ""
    sql: str = ""
    port: int = field(default_factory=free_port)
    database: Backing | None = None
    broker: Backing | None = None
    proxies: list[Proxy] = field(default_factory=list)
    programs: list[Program] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    _over: threading.Event = field(default_factory=threading.Event)
    _watcher: threading.Thread | None = None

    def start(self) -> None:
        """Start everything, and wait until the shop answers."""
        self.prepare()
        self.manage("create_super_user", "--email", STAFF, PASSWORD=PASSWORD)
        programs = [self._program("web", number) for number in range(self.options.servers)]
        self.keep_running(programs + (self.new_workers() if self.options.broker else []))
        self.wait_until_ready()

    def prepare(self) -> None:
        """Make database, broker and tables; nothing of the shop runs yet."""
        self.database = backing.database(self.options.database, self.folder)
        self.broker = RabbitMQ(self.folder) if self.options.broker else None
        if self.broker is not None:
            self.broker.program.start()  # it takes its time, which the tables need as well
        if self.database is not None:
            backing.begin(self.database)
        self.environment = self._environment()
        self.manage("migrate", "--verbosity", "0")
        if self.broker is not None:
            backing.begin_again(self.broker)
        if self.sql:
            run_sql = "import sys; from django.db import connection; connection.cursor().execute(sys.argv[1])"
            self.run([sys.executable, "-c", f"import django; django.setup(); {run_sql}", self.sql])

    def new_workers(self) -> list[Program]:
        """Return the separate workers, which do not run yet."""
        return [self._program("worker", number) for number in range(self.options.workers)]

    def keep_running(self, programs: list[Program]) -> None:
        """Start these, and from now on each of them again when it dies."""
        for program in programs:
            program.start()
        self.programs = programs
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="watcher", daemon=True)
            self._watcher.start()

    def kill_all(self) -> None:
        """Kill every process of the shop; none comes back by itself."""
        gone, self.programs = self.programs, []
        time.sleep(WATCH_SECONDS * 2)
        for program in gone:
            program.kill()

    def manage(self, *arguments: str, **more: str) -> str:
        """Run a management command against the shop's database; return what it printed."""
        return self.run([sys.executable, "manage.py", *arguments], more=more)

    def run(self, command: list[str], *, seconds: float = 300, more: Mapping[str, str] | None = None) -> str:
        """Run one of the shop's programs to its end, for this long at most."""
        done = subprocess.run(
            command,
            cwd=self.root,
            env={**self.environment, **(more or {})},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode:
            msg = f"{' '.join(command)}: {done.stdout[-2000:]}\n{done.stderr[-4000:]}"
            raise RuntimeError(msg)
        return done.stdout

    def wait_until_ready(self) -> None:
        """Wait until the shop says that it is ready.

        :raises RuntimeError: it does not, in a long time.
        """
        from chaos.client import is_ready

        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if is_ready(self.port):
                return
            time.sleep(0.1)
        log = self.folder / "web-0.log"
        msg = f"The shop did not start: {log.read_text(encoding='utf-8', errors='replace')[-4000:]}"
        raise RuntimeError(msg)

    @property
    def masters(self) -> list[Program]:
        """The gunicorn masters."""
        return [program for program in self.programs if program.name.startswith("web")]

    @property
    def workers(self) -> list[Program]:
        """The separate workers."""
        return [program for program in self.programs if program.name.startswith("worker")]

    def is_at_work(self, worker: Program) -> bool:
        """True for a worker that lives and has read its code, which takes seconds."""
        pid = worker.process.pid if worker.process else 0
        return worker.is_running and (self.folder / f"up-{pid}").exists()

    @staticmethod
    def kill_web_worker(master: Program) -> bool:
        """Kill the process that serves; its master makes another one."""
        pids = children_of(master.process.pid) if master.process else []
        return sum(kill(pid) for pid in pids) > 0

    @staticmethod
    def kill_first(program: Program) -> bool:
        """Kill a master, whose workers notice by themselves, or a worker; the watcher starts it again."""
        return program.process is not None and program.is_running and kill(program.process.pid)

    def be_dangerous(self) -> None:
        """From now on handlers fail, points kill, and ways are long: the thousands of steps of a start are not."""
        (self.folder / FIRE).touch()
        for proxy in self.proxies:
            proxy.delay = self.options.latency_ms / 1000

    def be_quiet(self) -> None:
        """Stop every fault: handlers work, points are safe, ways are open."""
        (self.folder / FIRE).unlink(missing_ok=True)
        for proxy in self.proxies:
            proxy.heal()

    def stop(self) -> None:
        """End everything that this run started."""
        self._over.set()
        if self._watcher is not None:
            self._watcher.join()
        for program in self.programs:
            program.stop()
        for proxy in self.proxies:
            proxy.close()
        for one in (self.broker, self.database):
            if one is not None:
                one.program.kill()

    def _watch(self) -> None:
        while not self._over.wait(WATCH_SECONDS):
            for program in self.programs:
                if not program.is_running and not self._over.is_set():
                    program.start()

    def _program(self, kind: str, number: int) -> Program:
        address = [f"127.0.0.1:{self.port}"] if kind == "web" else []
        return Program(
            name=f"{kind}-{number}",
            command=[sys.executable, "-m", "chaos.server", kind, *address],
            environment=self.environment,
            log=self.folder / f"{kind}-{number}.log",
            folder=self.root,
        )

    def _way_to(self, one: Backing) -> int:
        """Return the port by which the shop reaches it: through a proxy when the way shall be bad."""
        if not (self.options.black_hole[0] or self.options.latency_ms):
            return one.port
        proxy = Proxy(target=one.port)
        self.proxies.append(proxy)
        return proxy.port

    def _environment(self) -> dict[str, str]:
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}
        database = self.database
        here = f"sqlite:///{self.folder / 'shop.sqlite3'}"
        own = {
            "DATABASE_URL": database.url(self._way_to(database)) if database else here,
            "BROKER_URL": self.broker.url(self._way_to(self.broker)) if self.broker else "",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "JWT_PRIVATE_KEY": _signing_key(),
            "MFA_REQUIRED_FOR_STAFF": "false",
            "SANDBOX_PAYMENTS": "true",
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "ALLOWED_HOSTS": "127.0.0.1",
            "MEDIA_ROOT": str(self.folder / "media"),
            "STATIC_ROOT": str(self.folder / "static"),
            "EMAIL_URL": f"file://{self.folder / 'mail'}",
            "THROTTLE_RATES": "off",
            "DEBUG": "false",
            "DJANGO_SETTINGS_MODULE": "saluhall.settings",
            "LOG_LEVEL": "WARNING",
            "PORT": str(self.port),
        }
        faults = {
            "CHAOS_FOLDER": str(self.folder),
            "CHAOS_FLAKY": str(self.options.flaky),
            "CHAOS_POINTS": self.points,
            "CHAOS_SEED": str(self.options.seed),
        }
        return kept | own | faults


def _signing_key() -> str:
    from integrations.authentication.keys import new_key

    return new_key()

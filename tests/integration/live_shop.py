"""A real shop for tests from outside: an own database, gunicorn with threads, the worker inside."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests
from django.db import connection

from chaos.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
PASSWORD = "a-long-test-pass-phrase"


@dataclass(kw_only=True)
class LiveShop:
    """A running server; its addresses are relative to ``url``."""

    url: str
    environment: dict[str, str] = field(repr=False)

    def manage(self, *arguments: str) -> str:
        """Run a management command against the shop's database and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"{arguments}: {done.stdout}\n{done.stderr}")
        return done.stdout

    def sign_in(self, email: str, password: str = PASSWORD) -> requests.Session:
        """Return a session that acts as this person through the headless API."""
        session = requests.Session()
        answer = session.post(
            f"{self.url}/_allauth/app/v1/auth/login", json={"email": email, "password": password}, timeout=30
        )
        assert answer.status_code == 200, answer.text
        session.headers["X-Session-Token"] = answer.json()["meta"]["session_token"]
        return session

    def confirm(self, session: requests.Session, password: str = PASSWORD) -> requests.Session:
        """Let whoever signed in show again who he is, which counts for five minutes."""
        address = f"{self.url}/_allauth/app/v1/auth/reauthenticate"
        answer = session.post(address, json={"password": password}, timeout=30)
        assert answer.status_code == 200, answer.text
        return session

    def staff(self) -> requests.Session:
        """Make a super user, once, and return a session that acts as one."""
        email = "owner@example.com"
        environment = {**self.environment, "PASSWORD": PASSWORD}
        subprocess.run(
            [sys.executable, "manage.py", "create_super_user", "--email", email],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            timeout=120,
            check=False,  # a second call finds the account there
        )
        return self.sign_in(email)

    def sell(self, *, sku: str, price: str, on_hand: int, staff: requests.Session) -> None:
        """Put one product with one variant on the shelf, through the API."""
        product = staff.post(
            f"{self.url}/api/v1/products/",
            json={
                "name": f"Product {sku}",
                "is_published": True,
                "variants": [{"sku": sku, "price": {"amount": price, "currency": "EUR"}}],
            },
            timeout=30,
        )
        assert product.status_code == 201, product.text
        stock = staff.patch(
            f"{self.url}/api/v1/stock/{sku}/", json={"on_hand": on_hand, "reason": "first delivery"}, timeout=30
        )
        assert stock.status_code == 200, stock.text


@contextmanager
def own_database(folder: Path) -> Iterator[str]:
    """Give the address of an empty database on the server that the suite runs on."""
    name = f"saluhall_live_{secrets.token_hex(4)}"
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder / name}.sqlite3"
        return
    quoted = connection.ops.quote_name(name)
    options = " CHARACTER SET utf8mb4" if connection.vendor == "mysql" else ""
    patient = "SET statement_timeout = 0" if connection.vendor == "postgresql" else "SELECT 1"
    with connection._nodb_cursor() as cursor:
        cursor.execute(patient)  # a database is copied and deleted as fast as a busy disk lets it
        cursor.execute(f"CREATE DATABASE {quoted}{options}")
    try:
        yield _with_name(os.environ["DATABASE_URL"], name)
    finally:
        force = " WITH (FORCE)" if connection.vendor == "postgresql" else ""
        with connection._nodb_cursor() as cursor:
            cursor.execute(patient)
            cursor.execute(f"DROP DATABASE {quoted}{force}")


def _with_name(address: str, name: str) -> str:
    """Return a database's address with another database's name."""
    head, _, query = address.partition("?")
    return head.rsplit("/", 1)[0] + f"/{name}" + (f"?{query}" if query else "")


def environment_of(folder: Path, database_url: str, *, port: int) -> dict[str, str]:
    """Return what a shop of a test is told by the environment: nothing of the developer's own."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return kept | {
        "DATABASE_URL": database_url,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "JWT_PRIVATE_KEY": os.environ["JWT_PRIVATE_KEY"],
        "MFA_REQUIRED_FOR_STAFF": "false",
        "DEBUG": "false",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "MEDIA_ROOT": str(folder / "media"),
        "STATIC_ROOT": str(folder / "static"),
        "EMAIL_URL": f"file://{folder / 'mail'}",
        "PORT": str(port),
        "THROTTLE_RATES": "off",
    }


@contextmanager
def running_shop(folder: Path, *, demo: bool = False, **extra: str) -> Iterator[LiveShop]:
    """Start a shop on a database of its own and stop it afterwards."""
    with own_database(folder) as database_url:
        environment = environment_of(folder, database_url, port=free_port()) | extra
        server = Server(folder=folder, environment=environment)
        shop = server.start(*(["--demo"] if demo else []))
        try:
            yield shop
        finally:
            server.stop()


@dataclass(kw_only=True)
class Server:
    """The processes of one shop; they may die and start again on the same database."""

    folder: Path
    environment: dict[str, str] = field(repr=False)
    process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> LiveShop:
        """Start and wait until it answers."""
        with (self.folder / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", *options],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        shop = LiveShop(url=f"http://127.0.0.1:{self.environment['PORT']}", environment=self.environment)
        _wait_until_ready(shop, self.process, self.folder / "server.log")
        return shop

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End every process of it; SIGKILL leaves them no time for anything."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, how)
            self.process.wait(timeout=30)


def _wait_until_ready(shop: LiveShop, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            if requests.get(f"{shop.url}/readyz", timeout=2).status_code == 200:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise AssertionError(f"the shop did not start:\n{log.read_text()[-4000:]}")

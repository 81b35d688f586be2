"""Ground to measure on: an empty, migrated database of its own on each server that answers, gone afterwards."""

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
SERVERS = {
    "sqlite": "sqlite://",
    "postgresql": os.environ.get("TEST_POSTGRES_URL") or "postgres://postgres@127.0.0.1:5432/saluhall",
    "mariadb": os.environ.get("TEST_MYSQL_URL") or "mysql://root@127.0.0.1:3306/saluhall",
}


def environment_of(database_url: str, folder: Path) -> dict[str, str]:
    """Return what a shop that is measured is told: nothing of the developer's own."""
    from integrations.authentication.keys import new_key

    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "saluhall.settings",
        "DATABASE_URL": database_url,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "JWT_PRIVATE_KEY": new_key(),
        "PUBLIC_URL": "http://127.0.0.1",
        "ALLOWED_HOSTS": "127.0.0.1",
        "MFA_REQUIRED_FOR_STAFF": "false",
        "MEDIA_ROOT": str(folder / "media"),
        "STATIC_ROOT": str(folder / "static"),
        "EMAIL_URL": f"file://{folder / 'mail'}",
        "LOG_LEVEL": "ERROR",
        "THROTTLE_RATES": "off",
    }


@contextmanager
def shop_on(kind: str, **extra: str) -> Iterator[dict[str, str]]:
    """Give the environment of an empty shop on a database of its own."""
    with tempfile.TemporaryDirectory(prefix="saluhall-bench-") as name:
        folder = Path(name)
        with _database(kind, folder) as address:
            environment = environment_of(address, folder) | extra
            run("manage.py", "migrate", "--skip-checks", "--verbosity", "0", environment=environment)
            yield environment


def run(*command: str, environment: dict[str, str]) -> None:
    """Run one of our programs and stop when it fails."""
    subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True)


def in_each(module: str, kinds: list[str], *options: str) -> int:
    """Run a module once a database, in a process of its own; return the worst exit code."""
    worst = 0
    for kind in kinds:
        with shop_on(kind) as environment:
            command = [sys.executable, "-m", module, "--here", *options]
            worst = max(worst, subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode)
    return worst


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    """Make a database and drop it afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'shop.sqlite3'}"
        return
    name = f"saluhall_bench_{secrets.token_hex(4)}"
    charset = " CHARACTER SET utf8mb4" if kind == "mariadb" else ""
    _say(kind, f"CREATE DATABASE {name}{charset}")
    try:
        yield urlsplit(SERVERS[kind])._replace(path=f"/{name}").geturl()
    finally:
        _say(kind, f"DROP DATABASE {name}" + (" WITH (FORCE)" if kind == "postgresql" else ""))


def _say(kind: str, statement: str) -> None:
    """Tell the server something outside any database of ours."""
    parts = urlsplit(SERVERS[kind])
    host, user, password = parts.hostname or "", parts.username or "", parts.password or ""
    if kind == "postgresql":
        import psycopg

        with psycopg.connect(
            host=host, user=user, password=password, port=parts.port or 5432, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode())
        return
    import MySQLdb

    connection = MySQLdb.connect(host=host, user=user, password=password, port=parts.port or 3306)
    connection.cursor().execute(statement)
    connection.close()

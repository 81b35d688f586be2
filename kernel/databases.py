"""Turns database addresses into Django's settings, with the options each engine needs to keep the promises."""

import re
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from kernel import deadline

SCHEMES = ("sqlite", "postgres", "postgresql", "mysql", "mariadb")
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"  # a commit survives a power cut, not only a killed process
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA journal_size_limit=67108864;"
)
LOCK_SECONDS = 5
STATEMENT_SECONDS = 15
IDLE_SECONDS = 20
PROGRESS_STEPS = 100_000
"""How long PostgreSQL and MySQL let a statement wait for a lock, run, and a transaction do nothing."""
SILENCE_SECONDS = 20
"""How long the network may say nothing before a connection counts as lost; longer than any statement runs."""
POSTGRESQL_LIMITS = (
    f"-c lock_timeout={LOCK_SECONDS}s -c statement_timeout={STATEMENT_SECONDS}s"
    f" -c idle_in_transaction_session_timeout={IDLE_SECONDS}s -c default_transaction_isolation=read\\ committed"
)
MYSQL_SESSION = (
    "SET SESSION sql_mode='STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    f"NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout={LOCK_SECONDS}, lock_wait_timeout={LOCK_SECONDS}"
    # Each server reads its own comment: MariaDB counts all statements in seconds, MySQL only SELECT in milliseconds.
    f" /*M!, max_statement_time={STATEMENT_SECONDS} */ /*!80000, max_execution_time={STATEMENT_SECONDS}000 */"
)

STATEMENT_LIMIT = re.compile(r"\b(statement_timeout|max_statement_time|max_execution_time)=\d+s?")


def database(address: str, *, ssl_mode: str = "", ssl_root_cert: str = "", base_dir: Path) -> dict[str, Any]:
    """Return the entry of ``DATABASES`` for an address such as ``postgres://user:password@host/name``."""
    if urlsplit(address).scheme not in SCHEMES:
        msg = f"A database address must start with one of {', '.join(f'{scheme}://' for scheme in SCHEMES)}."
        raise ImproperlyConfigured(msg)
    config: dict[str, Any] = dict(dj_database_url.parse(address))
    options = config.setdefault("OPTIONS", {})
    engine = config["ENGINE"].rsplit(".", maxsplit=1)[-1]
    if engine == "sqlite3":
        _sqlite(config, options, base_dir)
    elif engine == "postgresql":
        _postgresql(options, ssl_mode, ssl_root_cert)
    else:
        _mysql(config, options, ssl_mode, ssl_root_cert)
    if engine != "sqlite3":
        config |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    return config


def patient(options: dict[str, Any]) -> dict[str, Any]:
    """Return a connection's options without a limit to how long a statement runs; locks are still not waited for."""
    changed = {name: value for name, value in options.items() if name not in {"read_timeout", "write_timeout"}}
    for name in ("options", "init_command"):
        if name in changed:
            changed[name] = STATEMENT_LIMIT.sub(r"\1=0", str(changed[name]))
    return changed


def is_remote(config: dict[str, Any]) -> bool:
    """True when the connection leaves this machine."""
    host = config.get("HOST") or ""
    return bool(host) and not host.startswith("/") and host not in {"localhost", "127.0.0.1", "::1"}


def is_verified(config: dict[str, Any]) -> bool:
    """True when the connection checks who answers: certificate and host name."""
    options = config.get("OPTIONS", {})
    return bool({"verify-full", "VERIFY_IDENTITY"} & {options.get("sslmode"), options.get("ssl_mode")})


def _sqlite(config: dict[str, Any], options: dict[str, Any], base_dir: Path) -> None:
    name = config["NAME"]
    if name and name != ":memory:" and not name.startswith("file:"):
        config["NAME"] = str(base_dir / name)
    config["CONN_MAX_AGE"] = None
    options |= {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": SQLITE_PRAGMAS,
        "factory": BoundedConnection,
    }


class BoundedConnection(sqlite3.Connection):
    """SQLite knows no time-out of a statement: the request's deadline ends those that run on and on."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.set_progress_handler(deadline.is_over, PROGRESS_STEPS)


def _postgresql(options: dict[str, Any], ssl_mode: str, ssl_root_cert: str) -> None:
    options.setdefault("options", POSTGRESQL_LIMITS)
    options.setdefault("connect_timeout", 5)
    options.setdefault("tcp_user_timeout", SILENCE_SECONDS * 1000)
    options.setdefault("keepalives_idle", SILENCE_SECONDS // 2)
    options.setdefault("keepalives_interval", 3)
    options.setdefault("keepalives_count", 3)
    if ssl_mode:
        options["sslmode"] = ssl_mode
    if ssl_root_cert:
        options["sslrootcert"] = ssl_root_cert


def _mysql(config: dict[str, Any], options: dict[str, Any], ssl_mode: str, ssl_root_cert: str) -> None:
    options |= {
        "charset": "utf8mb4",
        "isolation_level": "read committed",
        "connect_timeout": 5,
        "read_timeout": SILENCE_SECONDS,
        "write_timeout": SILENCE_SECONDS,
        "init_command": MYSQL_SESSION,
    }
    config["TEST"] = {"CHARSET": "utf8mb4"}
    words = {"disable": "DISABLED", "require": "REQUIRED", "verify-ca": "VERIFY_CA", "verify-full": "VERIFY_IDENTITY"}
    if ssl_mode:
        options["ssl_mode"] = words[ssl_mode]
    if ssl_root_cert:
        options["ssl"] = {"ca": ssl_root_cert}

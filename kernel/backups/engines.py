"""How each database engine is copied while it is used, and filled again. No password is ever an argument of a program."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Protocol

from django.db import connections

from kernel.backups.archive import BackupError

LAST_WORDS = 600


class Engine(Protocol):
    """One kind of database."""

    name: str
    suffix: str

    def dump(self, alias: str, target: Path) -> None:
        """Write what the database holds at one moment into a file."""
        ...

    def load(self, alias: str, source: Path) -> None:
        """Put a dump in the place of everything that the database holds."""
        ...


class Sqlite:
    """SQLite copies itself; both ways are one transaction."""

    name = "sqlite"
    suffix = "sqlite3"

    def dump(self, alias: str, target: Path) -> None:
        """Write a compact copy of one moment; readers and writers go on."""
        with closing(sqlite3.connect(_file_of(alias).as_uri() + "?mode=ro", uri=True, timeout=60)) as source:
            source.execute("VACUUM INTO ?", (str(target),))

    def load(self, alias: str, source: Path) -> None:
        """Check the copy, then write it over the database, all or nothing."""
        connections[alias].close()
        with closing(sqlite3.connect(source.as_uri() + "?mode=ro", uri=True)) as copy:
            problem = copy.execute("PRAGMA integrity_check").fetchone()[0]
            if problem != "ok":
                msg = f"The copy of the database {alias} is damaged: {problem}"
                raise BackupError(msg)
            with closing(sqlite3.connect(_file_of(alias), timeout=60)) as target:
                copy.backup(target)


class Postgresql:
    """PostgreSQL by its own programs."""

    name = "postgresql"
    suffix = "pgdump"

    def dump(self, alias: str, target: Path) -> None:
        """Write PostgreSQL's custom form; ``pg_restore`` reads it, too."""
        options = ("--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
        _run("pg_dump", *options, environment=_postgresql(alias))

    def load(self, alias: str, source: Path) -> None:
        """Drop all tables and fill anew, in one transaction."""
        tables = ", ".join(connections[alias].ops.quote_name(table) for table in tables_of(alias))
        reset, script = source.with_suffix(".reset.sql"), source.with_suffix(".sql")
        reset.write_text(f"DROP TABLE {tables} CASCADE;\n" if tables else "", encoding="utf-8")
        connections[alias].close()
        _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source))
        options = ("--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", "--single-transaction")
        _run("psql", *options, f"--file={reset}", f"--file={script}", environment=_postgresql(alias))


class Mysql:
    """MySQL and MariaDB by their own programs. Their CREATE TABLE ends a transaction, so filling is not all or nothing."""

    name = "mysql"
    suffix = "sql"

    def dump(self, alias: str, target: Path) -> None:
        """Write SQL of one moment; InnoDB's tables are read in one snapshot, and nobody waits."""
        options = ("--single-transaction", "--quick", "--skip-lock-tables", "--no-tablespaces", "--hex-blob")
        with _option_file(alias) as secret:
            _run(
                _first("mariadb-dump", "mysqldump"),
                f"--defaults-extra-file={secret}",
                *options,
                f"--result-file={target}",
                str(connections[alias].settings_dict["NAME"]),
            )

    def load(self, alias: str, source: Path) -> None:
        """Drop all tables and fill anew; what fails half-way is dropped again."""
        client = _first("mariadb", "mysql")
        _drop_tables(alias)
        try:
            with _option_file(alias) as secret, source.open("rb") as script:
                name = str(connections[alias].settings_dict["NAME"])
                _run(client, f"--defaults-extra-file={secret}", "--batch", name, stdin=script)
        except BackupError as error:
            _drop_tables(alias)
            msg = f"{error} The database {alias} is empty now; mend the cause and restore again."
            raise BackupError(msg) from error


ENGINES: dict[str, Engine] = {engine.name: engine for engine in (Sqlite(), Postgresql(), Mysql())}


def engine_of(alias: str) -> Engine:
    """Return the engine of a database of this process."""
    return ENGINES[connections[alias].vendor]


def tables_of(alias: str) -> list[str]:
    """Return every table of a database."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        return sorted(connection.introspection.table_names(cursor))


def _drop_tables(alias: str) -> None:
    connection = connections[alias]
    tables = ", ".join(connection.ops.quote_name(table) for table in tables_of(alias))
    if tables:
        with connection.cursor() as cursor:
            cursor.execute("SET FOREIGN_KEY_CHECKS = 0")
            cursor.execute(f"DROP TABLE {tables}")
    connection.close()


def _file_of(alias: str) -> Path:
    name = str(connections[alias].settings_dict["NAME"])
    if name == ":memory:" or name.startswith("file:"):
        raise BackupError("A database in memory has nothing to keep.")
    return Path(name).resolve()


def _postgresql(alias: str) -> dict[str, str]:
    """Return the connection as PostgreSQL's programs read it."""
    config = connections[alias].settings_dict
    options: dict[str, Any] = config["OPTIONS"]
    said = {
        "PGHOST": config["HOST"],
        "PGPORT": str(config["PORT"]),
        "PGUSER": config["USER"],
        "PGPASSWORD": config["PASSWORD"],
        "PGDATABASE": config["NAME"],
        "PGSSLMODE": options.get("sslmode", ""),
        "PGSSLROOTCERT": options.get("sslrootcert", ""),
    }
    return {name: value for name, value in said.items() if value}


@contextmanager
def _option_file(alias: str) -> Iterator[str]:
    """Give the path of a file, for our eyes only, that tells MySQL's programs how to connect."""
    config = connections[alias].settings_dict
    options: dict[str, Any] = config["OPTIONS"]
    said = {
        "host": config["HOST"],
        "port": str(config["PORT"]),
        "user": config["USER"],
        "password": config["PASSWORD"],
        "default-character-set": "utf8mb4",
        "ssl-ca": options.get("ssl", {}).get("ca", ""),
        "loose-ssl-mode": options.get("ssl_mode", ""),
        "loose-ssl-verify-server-cert": "1" if options.get("ssl_mode") == "VERIFY_IDENTITY" else "",
    }
    with NamedTemporaryFile("w", prefix="saluhall-", suffix=".cnf", encoding="utf-8") as file:  # mode 0600
        file.write("[client]\n" + "".join(f"{name}={_quoted(value)}\n" for name, value in said.items() if value))
        file.flush()
        yield file.name


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _first(*programs: str) -> str:
    return next((program for program in programs if shutil.which(program)), programs[0])


def _run(program: str, *arguments: str, environment: dict[str, str] | None = None, stdin: Any = None) -> None:
    path = shutil.which(program)
    if path is None:
        package = "postgresql-client" if program.startswith(("pg_", "psql")) else "mariadb-client"
        msg = f"The program {program} is missing; on Debian and Ubuntu: apt-get install {package}"
        raise BackupError(msg)
    done = subprocess.run(  # noqa: S603 - a program of the database, and arguments of our own
        [path, *arguments],
        env={**os.environ, **(environment or {})},
        stdin=stdin or subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip()[-LAST_WORDS:]
        msg = f"{program} failed: {words}"
        raise BackupError(msg)

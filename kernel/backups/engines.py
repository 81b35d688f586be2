"""How each database engine is copied while it is used, and filled again. No password is ever an argument of a program."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import Any, Protocol

from django.db import connections

from kernel.backups import unfinished
from kernel.backups.archive import CHUNK, BackupError

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


@contextmanager
def _told(alias: str) -> Iterator[None]:
    """Say what keeps SQLite from copying, such as a full disk."""
    try:
        yield
    except sqlite3.Error as error:
        msg = f"The database {alias} cannot be copied: {error}"
        raise BackupError(msg) from error


class Sqlite:
    """SQLite copies itself; both ways are one transaction."""

    name = "sqlite"
    suffix = "sqlite3"

    def dump(self, alias: str, target: Path) -> None:
        """Write a compact copy of one moment; readers and writers go on."""
        address = _file_of(alias).as_uri() + "?mode=ro"
        with _told(alias), closing(sqlite3.connect(address, uri=True, timeout=60)) as source:
            source.execute("VACUUM INTO ?", (str(target),))

    def load(self, alias: str, source: Path) -> None:
        """Check the copy, then write it over the database, all or nothing."""
        connections[alias].close()
        with _told(alias), closing(sqlite3.connect(source.as_uri() + "?mode=ro", uri=True)) as copy:
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
        reset = f"DROP TABLE {tables} CASCADE;\n" if tables else ""
        script = source.with_suffix(".sql")
        connections[alias].close()
        _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source))
        options = ("--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", "--file=-")
        # psql's own --single-transaction would commit what it has when its input ends because we died
        around = (f"BEGIN;\n{reset}".encode(), b"\nCOMMIT;\n")
        _run("psql", *options, environment=_postgresql(alias), script=script, around=around)


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
        unfinished.mark(alias)
        _drop_tables(alias, but=unfinished.TABLE)
        try:
            with _option_file(alias) as secret:
                name = str(connections[alias].settings_dict["NAME"])
                _run(client, f"--defaults-extra-file={secret}", "--batch", name, script=source)
            unfinished.unmark(alias)
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


def _drop_tables(alias: str, *, but: str = "") -> None:
    connection = connections[alias]
    tables = ", ".join(connection.ops.quote_name(table) for table in tables_of(alias) if table != but)
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
    socket = config["HOST"] if config["HOST"].startswith("/") else options.get("unix_socket", "")
    said = {
        "socket": socket,
        "host": "" if socket else config["HOST"],
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


def _run(
    program: str,
    *arguments: str,
    environment: dict[str, str] | None = None,
    script: Path | None = None,
    around: tuple[bytes, bytes] = (b"", b""),
) -> None:
    """Run a program of the database; ``script`` is what it reads, between the words ``around`` it."""
    path = shutil.which(program)
    if path is None:
        package = "postgresql-client" if program.startswith(("pg_", "psql")) else "mariadb-client"
        msg = f"The program {program} is missing; on Debian and Ubuntu: apt-get install {package}"
        raise BackupError(msg)
    with TemporaryFile() as said:
        child = subprocess.Popen(  # noqa: S603 - a program of the database, and arguments of our own
            [path, *arguments],
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL if script is None else subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        with child:
            if script is not None:
                _feed(child, script, around)
        if child.returncode:
            said.seek(0)
            msg = f"{program} failed: {said.read().decode(errors='replace').strip()[-LAST_WORDS:]}"
            raise BackupError(msg)


def _feed(child: "subprocess.Popen[bytes]", script: Path, around: tuple[bytes, bytes]) -> None:
    """Hand a script over by a pipe, which ends with this process; of a file the child would read on after our death."""
    assert child.stdin is not None
    before, after = around
    try:
        with script.open("rb") as content, child.stdin as pipe:
            pipe.write(before)
            shutil.copyfileobj(content, pipe, CHUNK)
            pipe.write(after)
    except BrokenPipeError:
        return  # it ended before its input did, and says why

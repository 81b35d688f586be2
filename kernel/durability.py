"""Does each database keep what it has confirmed, through a crash and a power cut? Asked at the start; a no is a warning.

It is no refusal: who runs a replica that confirms for it, or a shop for a trade fair, may decide otherwise.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 - Django's name for a message
from django.db import DatabaseError, connections

from kernel.topology import local_databases

log = structlog.get_logger(__name__)
Values = Mapping[str, str]

POSTGRESQL = "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"
MYSQL = (
    "SELECT 'innodb_flush_log_at_trx_commit', @@innodb_flush_log_at_trx_commit"
    " UNION SELECT 'innodb_doublewrite', @@innodb_doublewrite"
    " UNION SELECT 'log_bin', @@log_bin UNION SELECT 'sync_binlog', @@sync_binlog"
    " UNION SELECT 'other_engines', count(*) FROM information_schema.tables"
    " WHERE table_schema = database() AND table_type = 'BASE TABLE' AND engine <> 'InnoDB'"
)
SQLITE = (
    "SELECT 'journal_mode', journal_mode FROM pragma_journal_mode"
    " UNION SELECT 'synchronous', synchronous FROM pragma_synchronous"
)
STATEMENTS = {"postgresql": POSTGRESQL, "mysql": MYSQL, "sqlite": SQLITE}


def values_of(alias: str) -> Values:
    """Return what decides about durability, as the server says it; one statement."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute(STATEMENTS[connection.vendor])
        return {str(name): _text(value).lower() for name, value in cursor.fetchall()}


def weaknesses(vendor: str, values: Values) -> list[str]:
    """Return a sentence for each setting by which confirmed orders may be lost; pure."""
    if vendor == "postgresql":
        return [
            f"{name} is off" for name in ("fsync", "full_page_writes", "synchronous_commit") if values[name] == "off"
        ]
    if vendor == "sqlite":
        return [
            *(["journal_mode is not WAL"] if values["journal_mode"] != "wal" else []),
            *(["synchronous is below FULL"] if values["synchronous"] not in {"2", "3"} else []),
        ]
    return _weaknesses_of_mysql(values)


def _weaknesses_of_mysql(values: Values) -> list[str]:
    is_logged = values["log_bin"] in {"1", "on"}
    found = {
        "innodb_flush_log_at_trx_commit is not 1": values["innodb_flush_log_at_trx_commit"] != "1",
        "innodb_doublewrite is off": values["innodb_doublewrite"] in {"0", "off"},
        "sync_binlog is not 1, though there is a binary log": is_logged and values["sync_binlog"] != "1",
        f"{values['other_engines']} tables are not of InnoDB": values["other_engines"] != "0",
    }
    return [sentence for sentence, is_so in found.items() if is_so]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@register(Tags.database)
def databases_keep_what_they_confirm(
    app_configs: Any,  # noqa: ARG001 - Django's signature
    databases: Sequence[str] | None = None,
    **_options: object,
) -> Iterable[CheckMessage]:
    """Warn in ``manage.py check --database default`` and before every migration."""
    for alias in databases or ():
        for sentence in weaknesses(connections[alias].vendor, values_of(alias)):
            yield Warning(
                f"The {alias} database may lose confirmed orders when the power goes: {sentence}.", id="saluhall.W001"
            )


def warn_of_weak_databases() -> None:
    """Say it in the log of every start; a database that is away is asked at the next."""
    for alias in local_databases():
        try:
            for sentence in weaknesses(connections[alias].vendor, values_of(alias)):
                log.warning("database_may_lose_orders", alias=alias, reason=sentence)
        except DatabaseError as error:
            log.warning("durability_unchecked", alias=alias, error=str(error)[:200])
        finally:
            connections[alias].close()

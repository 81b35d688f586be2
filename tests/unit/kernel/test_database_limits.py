"""No statement runs, and no lock is waited for, without a limit; a migration of a large table may take its time."""

import time
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from kernel import deadline
from kernel.database_errors import is_passing
from kernel.databases import database, patient

LONG = {
    "postgresql": "SELECT pg_sleep(20)",
    "mysql": "SELECT count(*) FROM information_schema.collations a, information_schema.collations b, information_schema.collations c",
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000000) SELECT max(x) FROM n",
}
SHORTER = {"postgresql": "SET statement_timeout = '200ms'", "mysql": "SET max_statement_time = 0.2"}


def session_limits(one: BaseDatabaseWrapper) -> tuple[str, ...]:
    asked = {
        "postgresql": "SELECT current_setting('lock_timeout'), current_setting('statement_timeout'), "
        "current_setting('idle_in_transaction_session_timeout')",
        "mysql": "SELECT @@innodb_lock_wait_timeout, @@lock_wait_timeout, @@max_statement_time",
        "sqlite": "SELECT timeout FROM pragma_busy_timeout",
    }[one.vendor]
    with one.cursor() as cursor:
        cursor.execute(asked)
        return tuple(str(value) for value in cursor.fetchone())


@pytest.mark.django_db
def test_every_connection_has_its_limits() -> None:
    limits = session_limits(connection)

    assert (
        limits
        == {
            "postgresql": ("5s", "15s", "20s"),
            "mysql": ("5", "5", "15.0"),
            "sqlite": ("20000",),
        }[connection.vendor]
    )


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_runs_too_long_is_stopped_and_the_client_may_come_back() -> None:
    with deadline.until(time.monotonic() + 0.2), connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            cursor.execute(SHORTER[connection.vendor])
        with pytest.raises(OperationalError) as caught:
            cursor.execute(LONG[connection.vendor])
    connection.close()

    assert is_passing(caught.value)


@pytest.mark.once
@pytest.mark.parametrize(
    ("address", "name", "limit", "lifted"),
    [
        ("postgres://shop@db/shop", "options", "statement_timeout=15s", "statement_timeout=0"),
        ("mysql://shop@db/shop", "init_command", "max_statement_time=15 ", "max_statement_time=0 "),
        ("mysql://shop@db/shop", "init_command", "max_execution_time=15000 ", "max_execution_time=0 "),
    ],
)
def test_a_migration_may_take_its_time_but_does_not_wait_for_locks(
    tmp_path: Path, address: str, name: str, limit: str, lifted: str
) -> None:
    usual: dict[str, Any] = database(address, base_dir=tmp_path)["OPTIONS"]

    changed = patient(usual)

    assert limit in usual[name]
    assert lifted in changed[name]
    assert limit not in changed[name]
    assert "read_timeout" not in changed
    assert "lock_timeout=5s" in changed[name] or "innodb_lock_wait_timeout=5" in changed[name]

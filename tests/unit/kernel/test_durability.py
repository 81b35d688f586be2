"""What a database promises about power cuts is read from the server itself, and a weak promise is told."""

from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connection

from kernel.durability import STATEMENTS, values_of, weaknesses

SAFE = {
    "postgresql": {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"},
    "mysql": {
        "innodb_flush_log_at_trx_commit": "1",
        "innodb_doublewrite": "on",
        "log_bin": "0",
        "sync_binlog": "0",
        "other_engines": "0",
    },
    "sqlite": {"journal_mode": "wal", "synchronous": "2"},
}


@pytest.mark.once
@pytest.mark.parametrize("vendor", SAFE)
def test_a_safe_database_is_not_complained_about(vendor: str) -> None:
    assert weaknesses(vendor, SAFE[vendor]) == []


@pytest.mark.once
@pytest.mark.parametrize(
    ("vendor", "change", "sentence"),
    [
        ("postgresql", {"fsync": "off"}, "fsync is off"),
        ("postgresql", {"full_page_writes": "off"}, "full_page_writes is off"),
        ("postgresql", {"synchronous_commit": "off"}, "synchronous_commit is off"),
        ("mysql", {"innodb_flush_log_at_trx_commit": "2"}, "innodb_flush_log_at_trx_commit is not 1"),
        ("mysql", {"innodb_doublewrite": "0"}, "innodb_doublewrite is off"),
        ("mysql", {"log_bin": "1"}, "sync_binlog is not 1, though there is a binary log"),
        ("mysql", {"other_engines": "3"}, "3 tables are not of InnoDB"),
        ("sqlite", {"journal_mode": "delete"}, "journal_mode is not WAL"),
        ("sqlite", {"synchronous": "1"}, "synchronous is below FULL"),
    ],
)
def test_each_weakness_has_its_sentence(vendor: str, change: dict[str, str], sentence: str) -> None:
    assert weaknesses(vendor, SAFE[vendor] | change) == [sentence]


@pytest.mark.django_db
def test_the_server_tells_everything_that_decides(statements: Any) -> None:
    with statements() as ran:
        values = values_of("default")

    assert set(values) == set(SAFE[connection.vendor])
    assert len(ran) == 1
    assert STATEMENTS[connection.vendor] in ran.sql[0]


@pytest.mark.django_db(transaction=True)
def test_a_weaker_promise_is_found_on_the_real_server() -> None:
    weaken, sentence = {
        "postgresql": ("SET synchronous_commit = off", "synchronous_commit is off"),
        "sqlite": ("PRAGMA synchronous = NORMAL", "synchronous is below FULL"),
        "mysql": ("CREATE TABLE of_another_kind (id int) ENGINE=MyISAM", "1 tables are not of InnoDB"),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(weaken)

    found = [message.msg for message in run_checks(databases=["default"]) if message.id == "saluhall.W001"]
    if connection.vendor == "mysql":
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE of_another_kind")
    connection.close()

    assert f"The default database may lose confirmed orders when the power goes: {sentence}." in found

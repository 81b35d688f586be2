"""A restore that dies half-way, and one of a shop in which something had gone wrong."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from kernel.backups import restoring
from kernel.backups.archive import BackupError
from kernel.management.commands import restore
from tests.integration.live_shop import ROOT, environment_of, own_database
from tests.integration.operation.test_backup import backup as _backup
from tests.integration.operation.test_backup import manage
from tests.unit.kernel.factories import InboxRowFactory

backup = _backup

DIES = """
import os, shutil, sys, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saluhall.settings")
django.setup()

def die(content, pipe, _size):
    whole = content.read()
    pipe.write(whole[: len(whole) // 2])
    pipe.flush()
    os._exit(9)

shutil.copyfileobj = die
from django.core.management import call_command
call_command("restore", sys.argv[1], force=True)
"""


def test_a_restore_that_dies_half_way_leaves_all_or_what_is_refused(backup: Path, tmp_path: Path) -> None:
    if connection.vendor == "sqlite":
        return  # copies itself, without a program that is fed
    with own_database(tmp_path) as address:
        environment = environment_of(tmp_path / "new", address, port=1)
        first = manage(environment, "restore", str(backup))
        died = subprocess.run(
            [sys.executable, "-c", DIES, str(backup)], cwd=ROOT, env=environment, capture_output=True, check=False
        )
        looked = manage(environment, "doctor", "--timeless", "--pause", "0")
        again = manage(environment, "restore", "--force", str(backup))

    assert (first.returncode, died.returncode, again.returncode) == (0, 9, 0), again.stderr
    if connection.vendor == "mysql":
        assert "a restore did not come to its end; run manage.py restore --force again" in looked.stderr
    else:
        assert "All is well" in looked.stdout


DIES_BETWEEN = """
import os, sys, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saluhall.settings")
django.setup()
from kernel.backups import restoring
fill, filled = restoring._load, []

def load(*arguments):
    filled.append(fill(*arguments) if not filled else os._exit(9))

restoring._load = load
from django.core.management import call_command
call_command("restore", sys.argv[1], force=True)
"""


@pytest.mark.django_db(transaction=True)
def test_a_restore_that_dies_between_two_databases_leaves_no_shop_that_sells_twice(tmp_path: Path) -> None:
    archive = str(tmp_path / "shop.tar.gz")
    with own_database(tmp_path) as address, own_database(tmp_path) as of_orders:
        environment = environment_of(tmp_path / "new", address, port=1) | {"ORDERS_DATABASE_URL": of_orders}
        made = [
            manage(environment, *words)
            for words in (("migrate",), ("migrate", "--database", "orders"), ("backup", archive))
        ]
        died = subprocess.run(
            [sys.executable, "-c", DIES_BETWEEN, archive], cwd=ROOT, env=environment, capture_output=True, check=False
        )
        refused = [manage(environment, "doctor", "--timeless", "--pause", "0"), manage(environment, "worker")]
        again = manage(environment, "restore", "--force", archive)
        whole = manage(environment, "doctor", "--timeless", "--pause", "0")

    assert [one.returncode for one in (*made, died)] == [0, 0, 0, 9], [one.stderr for one in made]
    for one in refused:
        assert "a restore did not come to its end; run manage.py restore --force again" in one.stderr
    assert (again.returncode, "All is well" in whole.stdout) == (0, True), again.stderr + whole.stdout


def test_a_first_database_that_cannot_be_filled_leaves_the_others_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked: list[str] = []
    monkeypatch.setattr(restoring, "local_databases", lambda: ("default", "orders"))
    monkeypatch.setattr(restoring.unfinished, "mark", marked.append)
    monkeypatch.setattr(restoring.unfinished, "unmark", marked.remove)

    def fails(alias: str, *_more: object) -> None:
        assert (alias, marked) == ("default", ["orders"])
        raise BackupError("The disk is full.")

    monkeypatch.setattr(restoring, "_load", fails)
    with pytest.raises(BackupError):
        restoring._fill(tmp_path, print)

    assert marked == []


@pytest.mark.once
def test_the_program_that_fills_a_database_ends_with_the_restore(tmp_path: Path) -> None:
    program, script, got = tmp_path / "psql", tmp_path / "script.sql", tmp_path / "got"
    program.write_text(f"#!/bin/sh\nread line; kill -9 $PPID; sleep 1; cat | wc -c > {got}.part; mv {got}.part {got}\n")
    program.chmod(0o755)
    script.write_bytes(b"SELECT 1;\n" * 1_000_000)
    feed = f"from pathlib import Path; from kernel.backups import engines; engines._run('psql', script=Path({str(script)!r}))"

    died = subprocess.run(
        [sys.executable, "-c", feed],
        cwd=ROOT,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        stderr=subprocess.PIPE,  # which the child holds open, so this waits for it
        check=False,
    )
    subprocess.run(["/bin/sh", "-c", f"until test -e {got}; do sleep 0.1; done"], timeout=60, check=True)

    assert died.returncode == -9
    assert int(got.read_text()) < 1_000_000


@pytest.mark.django_db(transaction=True)
def test_what_had_gone_wrong_before_a_backup_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    InboxRowFactory(status="dead")
    monkeypatch.setattr(restore, "restore_backup", lambda *_told, **_more: None)
    monkeypatch.setattr(restore, "local_databases", tuple)
    out = io.StringIO()

    with pytest.raises(CommandError, match=r"shop.tar.gz is restored: all that was saved is here.*1 findings") as told:
        call_command("restore", "shop.tar.gz", stdout=out)

    assert told.value.returncode == 3
    assert "kernel.nothing_was_given_up" in out.getvalue()

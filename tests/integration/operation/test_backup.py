"""Backup and restore: a drill on a shop that sells meanwhile, and every refusal."""

import errno
import gzip
import io
import os
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from rest_framework.test import APIClient

from apps.products.tests.factories import VariantFactory
from kernel import clock
from kernel.backups import engines
from kernel.backups.archive import BackupError, Manifest, extract, new_archive, verified
from kernel.backups.restoring import check_fits
from kernel.backups.taking import take_backup
from kernel.events.relay import deliver_all
from tests.integration.live_shop import ROOT, environment_of, own_database
from tests.integration.orders.conftest import Guest

Said = dict[str, str]


def buy(said: Said, number: int) -> None:
    """Order a mug and note the total that was acknowledged."""
    guest = Guest(APIClient()).start()
    guest.put("MUG", 1 + number % 3)
    answer = guest.order(key=f"{threading.get_ident()}-{number}", payment_method="bank_transfer")
    assert answer.status_code == 201, answer.content
    said[answer.json()["id"]] = answer.json()["totals"]["total"]["amount"]


@contextmanager
def open_shop(said: Said) -> Iterator[None]:
    """Sell until the block is over, in two threads."""
    over = threading.Event()
    problems: list[BaseException] = []

    def sell() -> None:
        number = 100
        try:
            while not over.is_set():
                buy(said, number)
                number += 1
        except BaseException as error:  # noqa: BLE001 - told in the main thread
            problems.append(error)
        finally:
            connections.close_all()

    sellers = [threading.Thread(target=sell) for _ in range(2)]
    for seller in sellers:
        seller.start()
    try:
        yield
    finally:
        over.set()
        for seller in sellers:
            seller.join()
    assert problems == []


def manage(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def totals_in(environment: dict[str, str]) -> Said:
    """Return the total of each order in another database, by its id; the chain of its audit log must be whole."""
    told = (
        "from apps.orders.models.orders import Order; import io, json;"
        "from django.core.management import call_command;"
        "call_command('audit', 'verify', stdout=io.StringIO());"
        "print(json.dumps({str(order.id): order.total.as_text() for order in Order.objects.all()}))"
    )
    done = manage(environment, "shell", "--no-imports", "-c", told)
    assert done.returncode == 0, done.stderr
    return Said(orjson.loads(done.stdout))


@pytest.mark.django_db(transaction=True)
def test_every_order_that_was_acknowledged_before_a_backup_is_in_it(tmp_path: Path, settings: Any) -> None:
    VariantFactory(sku="MUG", on_hand=5000)
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "media/products/ab").mkdir(parents=True)
    (tmp_path / "media/products/ab/picture.webp").write_bytes(b"a picture")
    archive, before, meanwhile = tmp_path / "shop.tar.gz", Said(), Said()
    for number in range(5):
        buy(before, number)
    deliver_all()

    with open_shop(meanwhile):
        call_command("backup", str(archive), stdout=io.StringIO())

    with own_database(tmp_path) as address:
        environment = environment_of(tmp_path / "new", address, port=1)
        done = manage(environment, "restore", str(archive))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "All is well" in done.stdout
        restored = totals_in(environment)
        forced = manage(environment, "restore", "--force", str(archive))
    assert before.items() <= restored.items() <= (before | meanwhile).items()
    assert (tmp_path / "new/media/products/ab/picture.webp").read_bytes() == b"a picture"
    assert archive.stat().st_mode & 0o777 == 0o600
    assert forced.returncode == 0, forced.stdout + forced.stderr


@pytest.fixture
def backup(db: None, tmp_path: Path, settings: Any) -> Path:
    """Return an archive of an empty shop."""
    settings.MEDIA_ROOT = tmp_path / "media"
    target = tmp_path / "shop.tar.gz"
    take_backup(target, now=clock.now(), tell=lambda _words: None)
    return target


def test_a_backup_never_replaces_a_file_unasked(backup: Path) -> None:
    before = backup.read_bytes()

    with pytest.raises(CommandError, match="exists"):
        call_command("backup", str(backup))

    assert backup.read_bytes() == before
    call_command("backup", str(backup), force=True, stdout=io.StringIO())
    assert sorted(path.name for path in backup.parent.iterdir()) == ["shop.tar.gz"]


def test_a_backup_that_fails_leaves_nothing(tmp_path: Path, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines.engine_of("default").__class__, "dump", _refuse)

    with pytest.raises(CommandError, match="no room"):
        call_command("backup", str(tmp_path / "shop.tar.gz"), stdout=io.StringIO())

    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_nothing_is_told_in_one_sentence(
    tmp_path: Path, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def be_full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(engines.engine_of("default").__class__, "dump", be_full)

    with pytest.raises(CommandError, match=r"cannot be written: .*No space left"):
        call_command("backup", str(tmp_path / "shop.tar.gz"), stdout=io.StringIO())

    assert list(tmp_path.iterdir()) == []


@pytest.mark.once
def test_files_are_kept_whatever_their_names_are_made_of(tmp_path: Path) -> None:
    names = [b"\xff\xfe.png", "å b\n.png".encode(), b"-rf"]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_bytes(name)
    target, place = tmp_path / "files.tar.gz", tmp_path / "out"
    with new_archive(target) as writer:
        for name in names:
            writer.add("media/" + os.fsdecode(name), tmp_path / os.fsdecode(name))
        writer.finish(Manifest(version="1", created_at="", has_media=True, databases={}, parts=writer.parts))

    verified(target)
    list(extract(target, place=lambda name: place / name))

    assert sorted(os.fsencode(path.name) for path in (place / "media").iterdir()) == sorted(names)


@pytest.mark.once
@pytest.mark.parametrize(
    ("host", "options"), [("/run/shop.sock", {}), ("", {"unix_socket": "/run/shop.sock"})], ids=["host", "option"]
)
def test_a_database_behind_a_socket_is_copied_by_it(
    monkeypatch: pytest.MonkeyPatch, host: str, options: dict[str, str]
) -> None:
    class Connection:
        settings_dict = {"HOST": host, "PORT": "", "USER": "u", "PASSWORD": "", "NAME": "shop", "OPTIONS": options}

    monkeypatch.setattr(engines, "connections", {"default": Connection})

    with engines._option_file("default") as path:
        told = Path(path).read_text(encoding="utf-8")

    assert 'socket="/run/shop.sock"' in told
    assert "host=" not in told


def test_a_database_that_holds_something_is_not_replaced_unasked(backup: Path) -> None:
    with pytest.raises(CommandError, match="Not empty"):
        call_command("restore", str(backup), stdout=io.StringIO())


@pytest.mark.once
def test_one_changed_byte_is_noticed_before_anything_is_touched(backup: Path) -> None:
    content = bytearray(backup.read_bytes())
    content[len(content) // 2] ^= 1
    backup.write_bytes(content)

    with pytest.raises(CommandError, match=r"damaged|cut off"):
        call_command("restore", str(backup), force=True, stdout=io.StringIO())


@pytest.mark.once
def test_there_is_no_byte_that_may_change(tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(b"a picture")
    archive = tmp_path / "shop.tar.gz"
    with new_archive(archive) as writer:
        writer.add("media/part", tmp_path / "part")
        writer.finish(Manifest(version="1", created_at="", has_media=True, databases={}, parts=writer.parts))
    whole = archive.read_bytes()
    content = gzip.decompress(whole)
    begin = len(whole) - len(whole[10:].partition(b"\0")[2]) if whole[3] & 8 else 10  # gzip's own header tells nothing

    def goes_unnoticed(place: int) -> bool:
        changed = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        archive.write_bytes(changed)
        try:
            verified(archive)
        except BackupError:
            return False
        return gzip.decompress(changed) != content  # of the codes of the compression some are never used

    assert verified(archive).parts
    assert [place for place in range(begin, len(whole)) if goes_unnoticed(place)] == []


@pytest.mark.once
def test_a_file_that_was_cut_off_is_no_backup(backup: Path) -> None:
    backup.write_bytes(backup.read_bytes()[:-200])

    with pytest.raises(BackupError, match=r"damaged|cut off"):
        verified(backup)


@pytest.mark.once
def test_a_part_that_the_manifest_does_not_name_is_refused(backup: Path, tmp_path: Path) -> None:
    manifest = verified(backup)
    (tmp_path / "more").write_bytes(b"more")
    with new_archive(tmp_path / "changed.tar.gz") as archive:
        archive.add("media/more", tmp_path / "more")
        archive.finish(manifest)

    with pytest.raises(BackupError, match="damaged"):
        verified(tmp_path / "changed.tar.gz")


@pytest.mark.once
@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "media/../../outside", "elsewhere/file"])
def test_an_archive_cannot_write_outside_of_its_place(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "bad.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO(b""))

    with pytest.raises(BackupError, match="no backup has"):
        verified(tmp_path / "bad.tar.gz")


def _other_engine(manifest: Manifest) -> Manifest:
    return _with(manifest, engine="oracle")


def _newer(manifest: Manifest) -> Manifest:
    return _with(manifest, migrations=["orders.9999_from_the_future"])


def _other_map(manifest: Manifest) -> Manifest:
    return _with(manifest, services=["orders"])


def _with(manifest: Manifest, **changes: Any) -> Manifest:
    return replace(manifest, databases={"default": replace(manifest.databases["default"], **changes)})


@pytest.mark.once
@pytest.mark.parametrize(
    ("change", "words"),
    [(_other_engine, "default=oracle"), (_newer, "9999_from_the_future"), (_other_map, "must be the same")],
)
def test_what_does_not_fit_here_is_refused(backup: Path, change: Callable[[Manifest], Manifest], words: str) -> None:
    manifest = verified(backup)

    check_fits(manifest)

    with pytest.raises(BackupError, match=words):
        check_fits(change(manifest))


def test_a_missing_program_is_named_with_its_package(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines.shutil, "which", lambda _program: None)

    if connection.vendor == "sqlite":
        call_command("backup", str(tmp_path / "shop.tar.gz"), stdout=io.StringIO())  # needs none
        return
    with pytest.raises(CommandError, match=r"is missing; .*apt-get install (postgresql|mariadb)-client"):
        call_command("backup", str(tmp_path / "shop.tar.gz"), stdout=io.StringIO())


@pytest.mark.once
def test_no_program_is_told_a_password_as_an_argument(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    word = 'pa"ss\\word'
    config = {"HOST": "db", "PORT": 1, "USER": "shop", "PASSWORD": word, "NAME": "shop", "OPTIONS": {}}
    ran: list[tuple[tuple[str, ...], str]] = []

    class Connection:
        settings_dict = config

    def run(_program: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
        files = [argument.partition("=")[2] for argument in arguments if "defaults-extra-file" in argument]
        secret = Path(files[0]).read_text(encoding="utf-8") if files else (environment or {})["PGPASSWORD"]
        ran.append((arguments, secret))

    monkeypatch.setattr(engines, "connections", {"default": Connection})
    monkeypatch.setattr(engines, "_run", run)
    monkeypatch.setattr(engines.shutil, "which", lambda program: f"/usr/bin/{program}")
    engines.Postgresql().dump("default", tmp_path / "dump")
    engines.Mysql().dump("default", tmp_path / "dump")

    assert [word in " ".join(arguments) for arguments, _secret in ran] == [False, False]
    assert ran[0][1] == word
    assert 'password="pa\\"ss\\\\word"' in ran[1][1]
    assert not Path(ran[1][0][0].partition("=")[2]).exists()


def _refuse(*_arguments: object) -> None:
    msg = "There is no room left."
    raise BackupError(msg)


def test_what_sqlite_cannot_copy_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, full = tmp_path / "shop.sqlite3", tmp_path / "full"
    with closing(sqlite3.connect(shop)) as database:
        database.execute("CREATE TABLE goods (sku TEXT)")
    full.write_bytes(b"no room")
    engine = engines.Sqlite()

    monkeypatch.setattr(engines, "_file_of", lambda _alias: shop)
    with pytest.raises(BackupError, match="database default cannot be copied: "):
        engine.dump("default", full)
    monkeypatch.setattr(engines, "_file_of", lambda _alias: tmp_path / "nowhere" / "shop.sqlite3")
    with pytest.raises(BackupError, match="database default cannot be copied: unable to open"):
        engine.load("default", shop)

"""Taking a backup while the shop is open."""

import tomllib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from kernel.backups.archive import DATABASES, MEDIA, BackupError, Manifest, SavedDatabase, Writer, new_archive
from kernel.backups.engines import engine_of
from kernel.topology import database_of, local_databases, local_services

Tell = Callable[[str], object]
STEP = 1000
"""After how many files the progress is told."""


def take_backup(target: Path, *, now: datetime, tell: Tell, may_replace: bool = False) -> Manifest:
    """Write every database of this process and every uploaded file into one archive.

    Each database is copied as it is at one moment. The files come last: whatever a database names by then is there.

    :raises BackupError: the archive exists, or a database could not be copied.
    """
    if target.exists() and not may_replace:
        msg = f"{target} exists. Choose another name, or say --force."
        raise BackupError(msg)
    if not target.parent.is_dir():
        msg = f"The folder {target.parent} does not exist."
        raise BackupError(msg)
    has_media = isinstance(default_storage, FileSystemStorage)
    with TemporaryDirectory(dir=target.parent, prefix=".saluhall-") as folder, new_archive(target) as archive:
        saved = {alias: _save(alias, Path(folder), archive, tell) for alias in local_databases()}
        if has_media:
            _save_media(archive, tell)
        else:
            tell("Uploaded files are not kept here, and not in the archive.")
        manifest = Manifest(
            version=version(),
            created_at=now.isoformat(timespec="seconds"),
            has_media=has_media,
            databases=saved,
            parts=archive.parts,
        )
        archive.finish(manifest)
    return manifest


def version() -> str:
    """Return the version of this product."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def part_of(alias: str, engine: str) -> str:
    """Return the name of a database's part."""
    return f"{DATABASES}{alias}.{engine}"


def _save(alias: str, folder: Path, archive: Writer, tell: Tell) -> SavedDatabase:
    engine = engine_of(alias)
    tell(f"Copying the database {alias} ({engine.name}) ...")
    applied = MigrationRecorder(connections[alias]).applied_migrations()
    dump = folder / f"{alias}.{engine.suffix}"
    engine.dump(alias, dump)
    archive.add(part_of(alias, engine.name), dump)
    tell(f"  {dump.stat().st_size / 1e6:.1f} MB")
    dump.unlink()
    return SavedDatabase(
        engine=engine.name,
        services=[service for service in local_services() if database_of(service) == alias],
        migrations=sorted(f"{app}.{name}" for app, name in applied),
    )


def _save_media(archive: Writer, tell: Tell) -> None:
    tell("Copying the uploaded files ...")
    count = 0
    for name, path in _files(Path(settings.MEDIA_ROOT)):
        try:
            archive.add(MEDIA + name, path)
        except FileNotFoundError:  # somebody removed it meanwhile, and no row names it any more
            continue
        count += 1
        if count % STEP == 0:
            tell(f"  {count} files ...")
    tell(f"  {count} files")


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(root).as_posix(), path

"""Giving a backup back: everything is checked before anything is touched."""

from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from kernel.backups import unfinished
from kernel.backups.archive import DATABASES, MEDIA, BackupError, Manifest, extract, verified
from kernel.backups.engines import engine_of, tables_of
from kernel.backups.taking import STEP, Tell, part_of
from kernel.topology import database_of, local_databases, local_services


def restore_backup(source: Path, *, tell: Tell, may_replace: bool = False) -> Manifest:
    """Put an archive's files and databases in the place of what is here.

    :raises BackupError: the archive is damaged or does not fit, or a database is not empty.
    """
    tell("Checking the archive ...")
    manifest = verified(source)
    tell(f"  made {manifest.created_at} by version {manifest.version}: {len(manifest.parts)} parts, all whole")
    check_fits(manifest)
    if not may_replace:
        _check_empty()
    with TemporaryDirectory(prefix="saluhall-restore-") as folder:
        _unpack(source, Path(folder), tell)
        _fill(Path(folder), tell)
    return manifest


def _fill(folder: Path, tell: Tell) -> None:
    """Fill one database after the other; until it is filled, each but the first bears a mark that keeps the shop away.

    Orders of today beside stock of yesterday would be sold twice.
    """
    first, *others = local_databases()
    for alias in others:
        unfinished.mark(alias)
    try:
        _load(first, folder, tell)
    except BackupError:
        for alias in others:
            unfinished.unmark(alias)
        raise
    for alias in others:
        _load(alias, folder, tell)  # which takes its mark away


def _load(alias: str, folder: Path, tell: Tell) -> None:
    engine = engine_of(alias)
    tell(f"Filling the database {alias} ({engine.name}) ...")
    engine.load(alias, folder / part_of(alias, engine.name))


def check_fits(manifest: Manifest) -> None:
    """Refuse what this process cannot hold.

    :raises BackupError: other engines, another map of services to databases, or migrations that are not known here.
    """
    here = {
        alias: (engine_of(alias).name, [name for name in local_services() if database_of(name) == alias])
        for alias in local_databases()
    }
    there = {alias: (saved.engine, saved.services) for alias, saved in manifest.databases.items()}
    if here != there:
        msg = f"The archive was made with {_said(there)}; here it is {_said(here)}. They must be the same."
        raise BackupError(msg)
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    known = {f"{app}.{name}" for app, name in loader.disk_migrations}
    known |= {f"{app}.{name}" for row in loader.disk_migrations.values() for app, name in row.replaces}
    newer = sorted({name for saved in manifest.databases.values() for name in saved.migrations} - known)
    if newer:
        msg = (
            f"The archive comes from version {manifest.version}, with migrations unknown here: {', '.join(newer[:5])}."
        )
        raise BackupError(msg)


def _said(databases: dict[str, tuple[str, list[str]]]) -> str:
    return "; ".join(f"{alias}={engine} for {', '.join(names)}" for alias, (engine, names) in sorted(databases.items()))


def _check_empty() -> None:
    used = [alias for alias in local_databases() if tables_of(alias)]
    if used:
        msg = f"Not empty: the database {', '.join(used)}. --force throws away what is there."
        raise BackupError(msg)


def _unpack(source: Path, folder: Path, tell: Tell) -> None:
    """Write dumps aside and uploaded files into their place; those that are there and not in the archive stay."""
    root = Path(settings.MEDIA_ROOT)
    tell("Unpacking ...")
    count = 0
    for name in extract(source, place=lambda name: _place(name, folder, root)):
        count += name.startswith(MEDIA)
        if count and count % STEP == 0:
            tell(f"  {count} files ...")
    tell(f"  {count} uploaded files")


def _place(name: str, folder: Path, root: Path) -> Path:
    return folder / name if name.startswith(DATABASES) else root / name.removeprefix(MEDIA)

"""The archive: a tar file of dumps and uploads, with a manifest at its end that names and hashes each part."""

import gzip
import hashlib
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any

import orjson

FORMAT = 1
MANIFEST = "manifest.json"
DATABASES = "databases/"
MEDIA = "media/"
CHUNK = 1024 * 1024
DAMAGE = (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error)


class BackupError(Exception):
    """A backup cannot be taken or given back; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedDatabase:
    """What is known about one database in an archive."""

    engine: str
    services: list[str]
    migrations: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is in an archive."""

    version: str
    created_at: str
    has_media: bool
    databases: dict[str, SavedDatabase]
    parts: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of each part, by its name."""
    format: int = FORMAT

    @classmethod
    def parse(cls, content: bytes) -> "Manifest":
        """Read what ``as_bytes`` wrote.

        :raises BackupError: it is something else, or of a later form.
        """
        try:
            told: dict[str, Any] = orjson.loads(content)
            databases = {alias: SavedDatabase(**said) for alias, said in told.pop("databases").items()}
            manifest = cls(databases=databases, **told)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise BackupError(
                "The manifest of this archive cannot be read; a newer version may have made it."
            ) from error
        if manifest.format != FORMAT:
            msg = f"This archive has form {manifest.format}; this version reads {FORMAT}."
            raise BackupError(msg)
        return manifest

    def as_bytes(self) -> bytes:
        """Return JSON."""
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)


def spelled(name: str) -> str:
    """Return a name as the manifest has it: a file's may be of bytes that are no letters, and JSON takes none."""
    return name.encode(errors="backslashreplace").decode()


class _Hashing:
    """A file that is hashed while somebody reads it."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        content = self._source.read(size)
        self.digest.update(content)
        return content


class Writer:
    """Puts parts into a new archive."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.parts: dict[str, str] = {}

    def add(self, name: str, source: Path) -> None:
        """Put a file in."""
        with source.open("rb") as content:
            entry = self._tar.gettarinfo(arcname=name, fileobj=content)
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mode = 0o600
            hashing = _Hashing(content)
            self._tar.addfile(entry, hashing)
        self.parts[spelled(name)] = hashing.digest.hexdigest()

    def finish(self, manifest: Manifest) -> None:
        """Put the manifest in."""
        content = manifest.as_bytes()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(content), 0o600
        self._tar.addfile(entry, BytesIO(content))


@contextmanager
def new_archive(target: Path) -> Iterator[Writer]:
    """Write an archive that stands under its name once it is whole, and only its owner may read."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(
                fileobj=file, mode="w:gz", compresslevel=1
            ) as tar:  # dumps and pictures are small already
                yield Writer(tar)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def verified(source: Path) -> Manifest:
    """Read an archive to its end and compare every part with the manifest.

    :raises BackupError: it is damaged, or something is missing, changed or too much.
    """
    found: dict[str, str] = {}
    said = b""
    with _damage_told(source):
        for name, content in _members(source):
            if name == MANIFEST:
                said = content.read()
                continue
            found[spelled(name)] = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]  # has readinto()
    if not said:
        msg = f"{source} has no manifest: it is no backup, or was cut off."
        raise BackupError(msg)
    manifest = Manifest.parse(said)
    wrong = sorted(name for name in found.keys() | manifest.parts.keys() if found.get(name) != manifest.parts.get(name))
    if wrong:
        msg = f"{source} is damaged: {', '.join(wrong[:5])} is not what was saved. Nothing was restored."
        raise BackupError(msg)
    return manifest


def extract(source: Path, *, place: Callable[[str], Path]) -> Iterator[str]:
    """Write each part where ``place`` says, and name it; a part appears there whole or not at all."""
    with _damage_told(source):
        for name, content in _members(source):
            if name != MANIFEST:
                _write(content, place(name))
                yield name


def _write(content: IO[bytes], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    with partial.open("wb") as written:
        while chunk := content.read(CHUNK):
            written.write(chunk)
    partial.replace(target)


def _members(source: Path) -> Iterator[tuple[str, IO[bytes]]]:
    # gzip's own reader, to the very end: tarfile's neither looks at the checksum nor past the last part
    with gzip.open(source) as unpacked:
        with tarfile.open(fileobj=unpacked, mode="r|") as tar:
            for entry in tar:
                content = tar.extractfile(entry) if entry.isreg() else None
                if content is None or not _is_inside(entry.name):
                    msg = f"{source} holds something that no backup has: {entry.name}"
                    raise BackupError(msg)
                yield entry.name, content
        while unpacked.read(CHUNK):
            pass


@contextmanager
def _damage_told(source: Path) -> Iterator[None]:
    try:
        yield
    except DAMAGE as error:
        msg = f"{source} is damaged, or no backup: {error}. Nothing was restored."
        raise BackupError(msg) from error
    except OSError as error:
        msg = f"{source} cannot be read or unpacked: {error}"
        raise BackupError(msg) from error


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    is_ours = name == MANIFEST or name.startswith((DATABASES, MEDIA))
    return is_ours and not path.is_absolute() and ".." not in path.parts and str(path) == name

"""Open a product file: a CSV, or a ZIP archive with a CSV and its pictures."""

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from apps.products.rules.csv_reading import ProductFile, UnreadableFileError
from apps.products.services.importing_sources import ArchivePictures, FolderPictures, LocalPictures

CSV_NAME: Final = "products.csv"
MAX_CSV_BYTES: Final = 128 * 1024 * 1024
MAX_MEMBERS: Final = 50_000
MAX_ARCHIVE_BYTES: Final = 2 * 1024 * 1024 * 1024
CHUNK: Final = 1024 * 1024
PACKED_BY: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""Python bounds what these unpack to in one step; of others a few hundred bytes become gigabytes of memory."""
SIGNATURE: Final = b"PK\x03\x04"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFile:
    """The products of a file, and the pictures that came along."""

    products: ProductFile
    local: LocalPictures | None


@contextmanager
def opened(file: BinaryIO, *, folder: Path | None = None) -> Iterator[OpenedFile]:
    """Open a CSV or an archive; with ``folder`` a CSV may name pictures that lie there.

    :raises UnreadableFileError: it is neither, or larger than what is read.
    """
    file.seek(0)
    if file.read(len(SIGNATURE)) != SIGNATURE:
        if file.seek(0, 2) > MAX_CSV_BYTES:
            raise UnreadableFileError(f"The file is larger than {MAX_CSV_BYTES // CHUNK} MB.")
        yield OpenedFile(products=ProductFile(file), local=FolderPictures(folder) if folder else None)
        return
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise UnreadableFileError("The archive is damaged.") from None
    with archive, tempfile.TemporaryFile() as unpacked:
        _unpack(archive, unpacked)
        yield OpenedFile(products=ProductFile(unpacked), local=ArchivePictures(archive))


def _unpack(archive: zipfile.ZipFile, target: BinaryIO) -> None:
    """Copy the CSV out; what the archive says of sizes is checked, but not believed."""
    members = archive.infolist()
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_ARCHIVE_BYTES:
        raise UnreadableFileError("The archive holds more than is read.")
    if any(member.compress_type not in PACKED_BY for member in members):
        raise UnreadableFileError("The archive is packed in an unusual way. Pack it with ZIP's own method, deflate.")
    names = [member.filename for member in members]
    tables = [name for name in names if name.lower().endswith(".csv") and "/" not in name]
    if CSV_NAME not in tables and len(tables) != 1:
        raise UnreadableFileError(f"The archive holds no {CSV_NAME}.")
    size = 0
    try:
        with archive.open(CSV_NAME if CSV_NAME in tables else tables[0]) as source:
            while chunk := source.read(CHUNK):
                size += len(chunk)
                if size > MAX_CSV_BYTES:
                    raise UnreadableFileError(f"The CSV in the archive is larger than {MAX_CSV_BYTES // CHUNK} MB.")
                target.write(chunk)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError, ValueError):
        raise UnreadableFileError("The archive is damaged, or needs a password.") from None

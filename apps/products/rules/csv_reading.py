"""Read a CSV file as it comes: any common encoding and separator, row by row, with bounded memory."""

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import BinaryIO, Final

from apps.products.rules import csv_columns
from apps.products.rules.csv_cells import unguarded
from kernel.errors import DomainError

CHUNK: Final = 64 * 1024
MAX_LINE: Final = 256 * 1024
MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 300
MAX_COLUMN_NAME: Final = 200
MAX_PRODUCT_ROWS: Final = 2_000
MAX_READ_AGAIN: Final = 8 * 1024 * 1024
"""Characters below broken records. In a file made to hurt, every record swallows all that follows before it proves broken."""


class UnreadableFileError(DomainError):
    """The file as a whole cannot be a product CSV."""

    code = "unreadable_file"
    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message, fields={"file": [message]})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record; its number is the one a spreadsheet shows (the header is row 1)."""

    number: int
    handle: str
    cells: dict[str, str] = field(default_factory=dict)
    """Only the cells that hold something, by column."""
    problem: str = ""
    """Why the record could not be read; empty when it could."""


class ProductFile:
    """A product CSV in a seekable binary file. Can be read any number of times.

    :raises UnreadableFileError: the encoding or the header is not one of a product CSV.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._encoding = encoding_of(file)
        first = next(self._lines(), "")
        if stated := re.fullmatch(r"sep=(.)\r?\n?", first, re.IGNORECASE):
            self._delimiter = stated[1]
            self._states_delimiter = True
        else:
            self._delimiter = delimiter_of(first)
            self._states_delimiter = False
        header = next(self._records(), None)
        self.columns = checked_header(header[1] if header else [])

    def rows(self) -> Iterator[Row]:
        """Yield every record below the header.

        :raises UnreadableFileError: there are more rows than one import takes, or too many of them swallow what follows.
        """
        records = self._records()
        next(records)
        for number, cells, problem in records:
            if number > MAX_ROWS:
                raise UnreadableFileError(f"The file has more than {MAX_ROWS:,} rows; cut it into several.")
            if problem or any(cells):
                yield self._row(number, cells, problem)

    def products(self) -> Iterator[list[Row]]:
        """Yield the rows of one product after the other, a very long product cut off."""
        for _, rows in groupby(self.rows(), key=lambda row: row.handle or row.number):
            yield [row for index, row in enumerate(rows) if index <= MAX_PRODUCT_ROWS]

    def _row(self, number: int, cells: list[str], problem: str) -> Row:
        if not problem and any(cells[len(self.columns) :]):
            problem = f"there are {len(cells)} cells, but the header has {len(self.columns)}"
        named = {
            column: unguarded(cell)
            for column, cell in zip(self.columns, cells, strict=False)
            if column and cell.strip()
        }
        handle = named.get(csv_columns.HANDLE, "").strip().lower()
        return Row(number=number, handle=handle, cells=named, problem=problem)

    def _lines(self) -> Iterator[str]:
        self._file.seek(0)
        decoder = codecs.getincrementaldecoder(self._encoding)()
        rest = ""
        while chunk := self._file.read(CHUNK):
            # A carriage return at the end waits for the line feed that may follow.
            lines = _cut(rest + decoder.decode(chunk))
            rest = lines.pop() if lines else ""
            yield from lines
            while len(rest) > MAX_LINE:
                yield rest[:MAX_LINE]
                rest = rest[MAX_LINE:]
        yield from _cut(rest + decoder.decode(b"", final=True))

    def _records(self) -> Iterator[tuple[int, list[str], str]]:
        lines = _Replayed(self._lines())
        if self._states_delimiter:
            next(lines, "")
        # Strict, so that a quote that is never closed is noticed.
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        number = 0
        while True:
            lines.mark()
            number += 1
            try:
                yield number, next(reader), ""
            except StopIteration:
                return
            except csv.Error as error:
                broken = lines.rewind_to_second()
                reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
                yield number, [broken.split(self._delimiter, 1)[0].strip().strip('"')], _plain(error)


class _Replayed(Iterator[str]):
    """Lines that can be given again: a quote left open must not swallow the rows below it."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._taken: list[str] = []
        self._again: deque[str] = deque()
        self._read_again = 0

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self._taken.append(line)
        return line

    def mark(self) -> None:
        self._taken.clear()

    def rewind_to_second(self) -> str:
        first, *others = self._taken or [""]
        self._read_again += sum(map(len, others))
        if self._read_again > MAX_READ_AGAIN:
            raise UnreadableFileError("Quotation marks are missing in too many rows.")
        self._again.extendleft(reversed(others))
        return first


def _cut(text: str) -> list[str]:
    """Cut into lines, ends kept; unlike ``splitlines`` only at the three line ends that a CSV has."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r(?!\Z)|\n)|[^\r\n]+\r?\Z|\r\Z", text)


def _plain(error: csv.Error) -> str:
    if "field larger" in str(error):
        return "a cell is too long, or a quotation mark is never closed"
    return "a quotation mark is missing or stands where none may be"


def encoding_of(file: BinaryIO) -> str:
    """Tell UTF-8 (with or without mark), UTF-16 and Windows-1252 apart; the last is what is no UTF-8."""
    file.seek(0)
    start = file.read(CHUNK)
    if not start.strip(b"\x00\r\n\t ,;\xff\xfe"):
        raise UnreadableFileError("The file is empty.")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates: Sequence[str] = ("utf-16",)
    elif looks_like_utf16(start):
        candidates = ("utf-16-be" if start[:1] == b"\x00" else "utf-16-le",)
    else:
        candidates = ("utf-8-sig", "cp1252")
    for encoding in candidates:
        if _decodes(file, encoding):
            return encoding
    raise UnreadableFileError("The file is no text in UTF-8, UTF-16 or Windows-1252.")


def looks_like_utf16(start: bytes) -> bool:
    """True when every second byte is nought, as in Latin text in UTF-16 without a mark."""
    sample = start[: len(start[:2000]) // 2 * 2]
    least = len(sample) * 0.45
    return len(sample) > 0 and (sample[::2].count(0) > least) != (sample[1::2].count(0) > least)


def _decodes(file: BinaryIO, encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def delimiter_of(header: str) -> str:
    """Return what separates the names in the first line."""
    bare = re.sub(r'"[^"]*"', "", header)
    return max(",;\t", key=bare.count)


def checked_header(names: list[str]) -> list[str]:
    """Return the names of the columns, trimmed; a column without a name is left out later.

    :raises UnreadableFileError: names the column that is missing or there twice.
    """
    columns = [unguarded(name.strip()) for name in names]
    while columns and not columns[-1]:
        columns.pop()
    if len(columns) > MAX_COLUMNS:
        raise UnreadableFileError(f"The file has {len(columns)} columns; at most {MAX_COLUMNS} are read.")
    known = {name.lower(): name for name in csv_columns.STANDARD}
    columns = [known.get(name.lower(), name) for name in columns]
    for name in columns:
        if len(name) > MAX_COLUMN_NAME or "\0" in name:
            raise UnreadableFileError(f"The name of the column “{name[:40]}…” cannot be read.")
    if missing := [name for name in csv_columns.REQUIRED if name not in columns]:
        raise UnreadableFileError(f"The column “{missing[0]}” is missing.")
    if doubled := sorted({name for name in columns if name and columns.count(name) > 1}):
        raise UnreadableFileError(f"The column “{doubled[0]}” is there twice.")
    return columns


@dataclass(slots=True, kw_only=True)
class Survey:
    """What one look over the whole file tells before the first product is written."""

    products: int = 0
    scattered: dict[str, int] = field(default_factory=dict)
    """Handles whose rows do not stand together, with the row where each began first."""
    sku_rows: dict[str, int] = field(default_factory=dict)
    """The row in which a SKU stood first, by its lower-case form."""


def survey(groups: Iterable[list[Row]]) -> Survey:
    seen: dict[str, int] = {}
    result = Survey()
    for rows in groups:
        result.products += 1
        handle, number = rows[0].handle, rows[0].number
        if handle and handle in seen:
            result.scattered[handle] = seen[handle]
        seen.setdefault(handle, number)
        for row in rows:
            if sku := row.cells.get(csv_columns.SKU, "").strip().lower():
                result.sku_rows.setdefault(sku, row.number)
    return result

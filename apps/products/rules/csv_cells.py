"""One cell of a CSV: from text to a value in plain words, and guarded against spreadsheets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final

from kernel.money import MAX_MINOR, exponent

FORMULA: Final = "=+\\-@\t\r\n＝＋－＠"  # noqa: RUF001 - the wide forms are what some spreadsheets execute too
GUARDED: Final = re.compile(f"'*[{FORMULA}]")
UNGUARDED: Final = re.compile(f"'+[{FORMULA}]")
QUOTED_NUMBER: Final = re.compile(r"'\d+")
MAX_WHOLE: Final = 2_000_000_000
YES: Final = frozenset({"true", "yes", "y", "1", "wahr", "vrai"})
NO: Final = frozenset({"false", "no", "n", "0", "falsch", "faux"})


def guarded(text: str) -> str:
    """Return the text so that no spreadsheet executes it: an apostrophe goes before what begins a formula."""
    return "'" + text if GUARDED.match(text) else text


def unguarded(text: str) -> str:
    """Take away the one apostrophe that ``guarded`` added."""
    return text[1:] if UNGUARDED.match(text) else text


def quoted(text: str) -> str:
    """Return a cell's text as it is shown in a message."""
    return f"“{text[:40]}…”" if len(text) > 40 else f"“{text}”"  # noqa: PLR2004 - what fits in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """Why a row is refused, in plain words."""

    row: int
    message: str


@dataclass(slots=True, kw_only=True)
class CellReader:
    """Reads the cells of one row; what cannot be read is added to ``problems`` and given as its default."""

    row: int
    cells: Mapping[str, str]
    problems: list[RowProblem] = field(default_factory=list)

    def refuse(self, message: str) -> None:
        self.problems.append(RowProblem(row=self.row, message=message))

    def raw(self, column: str, *, name: str, longest: int) -> str:
        """Return the text as it stands."""
        text = self.cells.get(column, "")
        if "\0" in text:
            self.refuse(f"the {name} holds a NUL character")
            return ""
        if len(text) > longest:
            self.refuse(f"the {name} has {len(text):,} characters; at most {longest:,} fit")
            return ""
        return text

    def text(self, column: str, *, name: str, longest: int) -> str:
        return self.raw(column, name=name, longest=longest).strip()

    def code(self, column: str, *, name: str, longest: int) -> str:
        """Return a SKU or barcode; the apostrophe that keeps a spreadsheet from reading a number is taken away."""
        text = self.text(column, name=name, longest=longest)
        return text[1:] if QUOTED_NUMBER.fullmatch(text) else text

    def flag(self, column: str, *, name: str, default: bool) -> bool:
        text = self.text(column, name=name, longest=20).lower()
        if not text:
            return default
        if text not in YES | NO:
            self.refuse(f"the {name} {quoted(text)} is neither true nor false")
        return text in YES

    def whole(self, column: str, *, name: str, default: int, largest: int = MAX_WHOLE) -> int:
        """Return a whole number of at least 0; ``5.0`` is one."""
        text = self.text(column, name=name, longest=40)
        if not text:
            return default
        number = _number(text)
        if number is None:
            self.refuse(f"the {name} {quoted(text)} is not a number")
        elif number < 0:
            self.refuse(f"the {name} {quoted(text)} is less than 0")
        elif number > largest:
            self.refuse(f"the {name} {quoted(text)} is too large")
        elif number != int(number):
            self.refuse(f"the {name} {quoted(text)} is not a whole number")
        else:
            return int(number)
        return default

    def money(self, column: str, *, name: str, currency: str) -> int | None:
        """Return an amount in minor units, or None for an empty cell."""
        text = self.text(column, name=name, longest=60)
        if not text:
            return None
        number = _number(text)
        if number is None:
            self.refuse(f"the {name} {quoted(text)} is not a number")
            return None
        if number < 0:
            self.refuse(f"the {name} {quoted(text)} is less than 0")
            return None
        minor = number.scaleb(exponent(currency))
        if minor > MAX_MINOR:
            self.refuse(f"the {name} {quoted(text)} is too large")
            return None
        if minor != int(minor):
            self.refuse(f"the {name} {quoted(text)} has more decimal places than {currency} allows")
            return None
        return int(minor)


def _number(text: str) -> Decimal | None:
    """Read ``12.50``, ``12,50`` or ``1,234.50``; a comma that might be either is not guessed at."""
    if re.fullmatch(r"[+-]?\d+,\d{1,2}", text):
        text = text.replace(",", ".")
    elif re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+\.\d+", text):
        text = text.replace(",", "")
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", text, re.ASCII):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None

"""Imports for tests: small files, pictures without a network, and the outcome as one value."""

import io
from pathlib import Path
from typing import Any

from PIL import Image

from apps.products.rules.csv_reading import ProductFile
from apps.products.services.exporting import export_csv
from apps.products.services.importing import Import, ImportOptions, Outcome
from apps.products.services.importing_sources import PictureFetcher, PictureUnavailableError
from kernel.actors import SYSTEM
from tests.fixtures import NOON

APPAREL = Path(__file__).resolve().parent / "fixtures" / "shopify-apparel.csv"
HEADER = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Qty"


class Pictures:
    """Stands for what came along with a file."""

    def __init__(self, **pictures: bytes) -> None:
        self._pictures = pictures

    def read(self, path: str) -> bytes:
        try:
            return self._pictures[path.rpartition("/")[2].replace(".", "_")]
        except KeyError:
            raise PictureUnavailableError("there is no such picture") from None


class NoWeb(PictureFetcher):
    """A fetcher for which no host answers; remembers what was asked."""

    def __init__(self, **pictures: bytes) -> None:
        super().__init__(local=Pictures(**pictures))
        self.asked: list[str] = []

    def _stream(self, source: str) -> bytes:
        self.asked.append(source)
        raise TimeoutError


def csv(*lines: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *lines, ""]).encode()


def png(*, side: int = 8) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "navy").save(out, "PNG")
    return out.getvalue()


def importing(content: bytes, *, fetcher: PictureFetcher | None = None, **options: Any) -> Import:
    options.setdefault("actor", SYSTEM)
    return Import(
        ProductFile(io.BytesIO(content)),
        options=ImportOptions(currency="EUR", **options),
        fetcher=fetcher or NoWeb(),
        clock=lambda: NOON,
    )


def imported(content: bytes, *, fetcher: PictureFetcher | None = None, **options: Any) -> Outcome:
    total = Outcome()
    for outcome in importing(content, fetcher=fetcher, **options).run():
        total.add(outcome)
    return total


def counts(outcome: Outcome) -> tuple[int, int, int, int]:
    """Return how many were created, updated, unchanged and refused."""
    return outcome.created, outcome.updated, outcome.unchanged, outcome.refused


def told(outcome: Outcome) -> list[tuple[int, str]]:
    return [(problem.row, problem.message) for problem in outcome.problems]


def exported() -> bytes:
    return "".join(export_csv()).encode()

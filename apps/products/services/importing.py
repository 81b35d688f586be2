"""Import a product file: batch by batch, each product wholly or not at all."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID

from django.db import DataError, IntegrityError

from apps.products.models.catalogue import Category
from apps.products.rules.csv_cells import RowProblem, quoted
from apps.products.rules.csv_drafts import ProductDraft
from apps.products.rules.csv_products import read_product
from apps.products.rules.csv_reading import ProductFile, Row, Survey, survey
from apps.products.services.categories import create_category
from apps.products.services.importing_known import Known, known_for, path_key
from apps.products.services.importing_pictures import (
    FetchedPictures,
    fetch_pictures,
    forget_unused,
    plan_pictures,
)
from apps.products.services.importing_plan import CategoryOf, Plan, plan_product
from apps.products.services.importing_sources import PictureFetcher
from apps.products.services.importing_writes import StockMovedError, write_plans
from apps.products.services.rights import require_staff
from kernel.actors import Actor
from kernel.transactions import unit_of_work

BATCH_PRODUCTS: Final = 50
BATCH_ROWS: Final = 1_000
TRIES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """How a file is to be imported, and for whom."""

    currency: str
    actor: Actor
    is_dry_run: bool = False
    sets_stock: bool = False
    reference: UUID | None = None
    """What the stock movements refer to."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of some products."""

    done: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    pictures_added: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    left_out: list[RowProblem] = field(default_factory=list)
    """Pictures."""

    def add(self, other: "Outcome") -> None:
        self.done += other.done
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.refused += other.refused
        self.pictures_added += other.pictures_added
        self.problems += other.problems
        self.left_out += other.left_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One product of the file: a draft, or the reasons why there is none."""

    draft: ProductDraft | None
    problems: list[RowProblem]


Record = Callable[[Outcome], None]
"""Called inside each transaction with what it does, so that progress and products commit together."""


class Import:
    """One run over one file; may begin after products that an earlier run has done."""

    def __init__(
        self,
        file: ProductFile,
        *,
        options: ImportOptions,
        fetcher: PictureFetcher,
        clock: Callable[[], datetime],
        record: Record = lambda _: None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        require_staff(options.actor)
        self._file = file
        self._options = options
        self._fetcher = fetcher
        self._clock = clock
        self._record = record
        self._beat = beat
        self._survey = survey(file.products())

    @property
    def total(self) -> int:
        """How many products the file tells of."""
        return self._survey.products

    def run(self, *, skip: int = 0) -> Iterator[Outcome]:
        """Yield what became of each batch, once it is committed."""
        items = (
            read_item(rows, file=self._file, seen=self._survey, currency=self._options.currency)
            for rows in islice(self._file.products(), skip, None)
        )
        for batch in _batches(items):
            self._beat()
            yield self._import(batch)

    def _import(self, batch: Sequence[Item]) -> Outcome:
        drafts = [item.draft for item in batch if item.draft is not None]
        if self._options.is_dry_run:
            return _looked_at(batch, options=self._options, record=self._record, now=self._clock())
        known = known_for(drafts, locked=False)
        fetched = fetch_pictures(drafts, known=known, fetcher=self._fetcher, beat=self._beat)
        plans: list[Plan] = []
        try:
            outcome, plans = self._write(batch, fetched)
        except (IntegrityError, DataError, StockMovedError):
            outcome = Outcome()
            for item in batch:
                alone, planned = self._write_alone(item, fetched)
                outcome.add(alone)
                plans += planned
        finally:
            forget_unused(fetched, plans)
        return outcome

    def _write(self, batch: Sequence[Item], fetched: FetchedPictures) -> tuple[Outcome, list[Plan]]:
        return import_batch(batch=batch, fetched=fetched, options=self._options, record=self._record, now=self._clock())

    def _write_alone(self, item: Item, fetched: FetchedPictures) -> tuple[Outcome, list[Plan]]:
        for _ in range(TRIES):
            try:
                return self._write([item], fetched)
            except (IntegrityError, DataError, StockMovedError):
                self._beat()
        row = item.draft.row if item.draft else 0
        message = "the product cannot be written: a SKU or a combination of options is taken, or it keeps changing"
        return self._write([Item(draft=None, problems=[RowProblem(row=row, message=message)])], fetched)


def read_item(rows: Sequence[Row], *, file: ProductFile, seen: Survey, currency: str) -> Item:
    """Read one product, and refuse what another place of the file has already."""
    draft, problems = read_product(rows, columns=file.columns, currency=currency)
    first = rows[0]
    if (began := seen.scattered.get(first.handle)) is not None:
        message = f"the rows of {quoted(first.handle)} do not stand together: others begin in row {began}"
        problems = [*problems, RowProblem(row=first.number, message=message)]
    for variant in draft.variants if draft else ():
        row = seen.sku_rows.get(variant.sku.lower(), variant.row)
        if row != variant.row and row < first.number:
            message = f"the SKU {quoted(variant.sku)} stands in row {row} already"
            problems = [*problems, RowProblem(row=variant.row, message=message)]
    return Item(draft=None if problems else draft, problems=problems)


@unit_of_work
def import_batch(
    *, batch: Sequence[Item], fetched: FetchedPictures, options: ImportOptions, record: Record, now: datetime
) -> tuple[Outcome, list[Plan]]:
    """Write the products of a batch that can be written, and record what became of all."""
    drafts = [item.draft for item in batch if item.draft is not None]
    known = known_for(drafts, locked=True)
    plans = _plans(drafts, known, fetched=fetched, options=options, now=now, category_of=_maker(known, options, now))
    accepted = [plan for plan in plans if not plan.problems]
    outcome = _outcome(batch, plans)
    record(outcome)
    write_plans(accepted, reference=options.reference, actor=options.actor, now=now)
    return outcome, accepted


@unit_of_work
def _looked_at(batch: Sequence[Item], *, options: ImportOptions, record: Record, now: datetime) -> Outcome:
    """Tell what would become of a batch; nothing but the record is written."""
    drafts = [item.draft for item in batch if item.draft is not None]
    known = known_for(drafts, locked=False)

    def category_of(names: tuple[str, ...]) -> Category | None:
        return known.categories.get(path_key(names))

    outcome = _outcome(batch, _plans(drafts, known, fetched=None, options=options, now=now, category_of=category_of))
    record(outcome)
    return outcome


def _plans(
    drafts: Iterable[ProductDraft],
    known: Known,
    *,
    fetched: FetchedPictures | None,
    options: ImportOptions,
    now: datetime,
    category_of: CategoryOf,
) -> list[Plan]:
    plans = []
    for draft in drafts:
        plan = plan_product(draft, known=known, category_of=category_of, sets_stock=options.sets_stock, now=now)
        if not plan.problems:
            plan_pictures(plan, known=known, fetched=fetched, now=now)
        plans.append(plan)
    return plans


def _maker(known: Known, options: ImportOptions, now: datetime) -> CategoryOf:
    def category_of(names: tuple[str, ...]) -> Category | None:
        parent: Category | None = None
        for depth in range(1, len(names) + 1):
            key = path_key(names[:depth])
            if key not in known.categories:
                known.categories[key] = create_category(
                    fields={"name": names[depth - 1], "parent_id": parent.id if parent else None},
                    actor=options.actor,
                    now=now,
                )
            parent = known.categories[key]
        return parent

    return category_of


def _outcome(batch: Sequence[Item], plans: Sequence[Plan]) -> Outcome:
    outcome = Outcome(done=len(batch), problems=[problem for item in batch for problem in item.problems])
    for plan in plans:
        outcome.problems += plan.problems
        if plan.problems:
            continue
        outcome.created += plan.is_new
        outcome.updated += plan.is_changed and not plan.is_new
        outcome.unchanged += not plan.is_changed
        outcome.pictures_added += plan.pictures_added
        outcome.left_out += plan.left_out
    outcome.refused = outcome.done - outcome.created - outcome.updated - outcome.unchanged
    outcome.problems.sort(key=lambda problem: problem.row)
    return outcome


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    rows = 0
    for item in items:
        batch.append(item)
        rows += len(item.draft.variants) if item.draft else 1
        if len(batch) >= BATCH_PRODUCTS or rows >= BATCH_ROWS:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch

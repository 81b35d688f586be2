"""Imports in the background: a job holds the file, and whoever holds its lease works on it, a slice at a time."""

import tempfile
import time
from datetime import datetime, timedelta
from typing import BinaryIO, Final
from uuid import UUID

import structlog
from django.db.models import F, Q

from apps.products.models.imports import ImportJob, ImportPart, ImportProblem, ImportState
from apps.products.rules.csv_cells import RowProblem
from apps.products.services.importing import Import, ImportOptions, Outcome
from apps.products.services.importing_files import opened
from apps.products.services.importing_sources import PictureFetcher
from apps.products.services.rights import require_staff
from contracts.orders import Orders
from contracts.products import ProductsAction
from kernel import audit, clock
from kernel.actors import Actor, Role
from kernel.errors import DomainError
from kernel.ids import uuid7
from kernel.periodic import every
from kernel.rpc import client
from kernel.transactions import unit_of_work

PART: Final = 256 * 1024
LEASE: Final = timedelta(minutes=2)
RENEWAL: Final = timedelta(seconds=20)
SLICE_SECONDS: Final = 10.0
MAX_ATTEMPTS: Final = 5
KEPT: Final = timedelta(days=30)

log = structlog.get_logger(__name__)


class LeaseLostError(Exception):
    """Another worker has taken the job over; what this one was about to write is undone."""


def request_import(
    *, file: BinaryIO, filename: str, is_dry_run: bool, sets_stock: bool, actor: Actor, now: datetime
) -> ImportJob:
    """Keep an uploaded file and queue its import.

    :raises UnreadableFileError: it is no product file; nothing is kept.
    """
    require_staff(actor)
    with opened(file):
        pass
    file.seek(0)
    return _queue(file=file, filename=filename, is_dry_run=is_dry_run, sets_stock=sets_stock, actor=actor, now=now)


@unit_of_work
def _queue(
    *, file: BinaryIO, filename: str, is_dry_run: bool, sets_stock: bool, actor: Actor, now: datetime
) -> ImportJob:
    job = ImportJob.objects.create(
        filename=filename.replace("\0", "")[:255],
        is_dry_run=is_dry_run,
        sets_stock=sets_stock,
        actor_id=actor.id,
        actor_label=actor.label,
        actor_role=actor.role,
        created_at=now,
    )
    audit.record(
        ProductsAction,
        "products_import_requested",
        about=("import", job.id),
        actor=actor,
        now=now,
        after=audit.seen(job, ("filename", "is_dry_run", "sets_stock")),
    )
    file.seek(0)
    position = 0
    while content := file.read(PART):
        ImportPart.objects.create(job=job, position=position, content=content)
        position += 1
    return job


@every(seconds=1, is_alone=False)
def run_imports() -> bool:
    """Work for a while on the oldest import that nobody works on; tell whether there was one."""
    job = claim_import(now=clock.now())
    if job is None:
        return False
    try:
        _Slice(job).run()
    except LeaseLostError:
        log.info("import_taken_over", job=str(job.id))
    except DomainError as error:
        finish_import(job=job, state=ImportState.FAILED, message=error.message, now=clock.now())
    return True


@unit_of_work
def claim_import(*, now: datetime) -> ImportJob | None:
    """Take the lease of the oldest import that is free; two workers never hold the same."""
    is_ahead = Q(leased_until__gt=now + 2 * LEASE)  # by a wrong clock
    is_free = Q(leased_until__isnull=True) | Q(leased_until__lt=now) | is_ahead
    waiting = ImportJob.objects.filter(is_free, state__in=(ImportState.QUEUED, ImportState.RUNNING))
    job = waiting.order_by("created_at", "id").first()
    if job is None:
        return None
    taken = waiting.filter(id=job.id, lease=job.lease).update(
        state=ImportState.RUNNING,
        lease=uuid7(),
        leased_until=now + LEASE,
        started_at=job.started_at or now,
        attempts=F("attempts") + 1,
    )
    if not taken:
        return None
    job.refresh_from_db()
    return job


@unit_of_work
def finish_import(*, job: ImportJob, state: ImportState, now: datetime, message: str = "") -> None:
    """Close a job, with the reason when it failed, and forget its file."""
    _require_lease(
        ImportJob.objects.filter(id=job.id, lease=job.lease).update(
            state=state, lease=None, leased_until=None, finished_at=now
        )
    )
    if message:
        ImportProblem.objects.create(job=job, row=0, message=message)
    ImportPart.objects.filter(job=job).delete()


@unit_of_work
def release_import(*, job: ImportJob) -> None:
    """Give the lease back; the next turn goes on where this one ended."""
    ImportJob.objects.filter(id=job.id, lease=job.lease).update(leased_until=None)


@unit_of_work
def record_outcome(*, job: ImportJob, outcome: Outcome) -> None:
    """Count what the surrounding transaction does.

    :raises LeaseLostError: another worker has the job.
    """
    _require_lease(
        ImportJob.objects.filter(id=job.id, lease=job.lease).update(
            done=F("done") + outcome.done,
            created_count=F("created_count") + outcome.created,
            updated_count=F("updated_count") + outcome.updated,
            unchanged_count=F("unchanged_count") + outcome.unchanged,
            refused_count=F("refused_count") + outcome.refused,
            pictures_added=F("pictures_added") + outcome.pictures_added,
            pictures_left_out=F("pictures_left_out") + len(outcome.left_out),
            attempts=0,
        )
    )
    ImportProblem.objects.bulk_create(
        [*_problems(job, outcome.problems), *_problems(job, outcome.left_out, is_about_picture=True)], batch_size=500
    )


@every(hours=6)
def forget_old_imports() -> int:
    """Forget imports that ended a month ago, with their problems."""
    return _forget_imports(before=clock.now() - KEPT)


@unit_of_work
def _forget_imports(*, before: datetime) -> int:
    old = list(ImportJob.objects.filter(finished_at__lt=before).values_list("id", flat=True)[:100])
    ImportJob.objects.filter(id__in=old).delete()
    return len(old)


class _Slice:
    """Some seconds of work on one job."""

    def __init__(self, job: ImportJob) -> None:
        self._job = job
        self._ends_at = time.monotonic() + SLICE_SECONDS
        self._renewed_at = clock.now()

    def run(self) -> None:
        job = self._job
        if job.attempts > MAX_ATTEMPTS:
            message = "The import stopped several times at the same place and was given up."
            finish_import(job=job, state=ImportState.FAILED, message=message, now=clock.now())
            return
        with tempfile.TemporaryFile() as file:
            for content in job.parts.order_by("position").values_list("content", flat=True).iterator(chunk_size=8):
                file.write(content)
            with opened(file) as product_file:
                self._import(
                    Import(
                        product_file.products,
                        options=self._options(),
                        fetcher=PictureFetcher(local=product_file.local),
                        clock=clock.now,
                        record=lambda outcome: record_outcome(job=job, outcome=outcome),
                        beat=self._beat,
                    )
                )

    def _import(self, run: Import) -> None:
        job = self._job
        if job.total != run.total:
            renew_lease(job_id=job.id, lease=job.lease, now=clock.now(), total=run.total)
        for _ in run.run(skip=job.done):
            if time.monotonic() > self._ends_at:
                release_import(job=job)
                return
        finish_import(job=job, state=ImportState.DONE, now=clock.now())

    def _options(self) -> ImportOptions:
        job = self._job
        return ImportOptions(
            currency=client(Orders).shop().currency,
            actor=Actor(id=job.actor_id, role=Role(job.actor_role), email=job.actor_label),
            is_dry_run=job.is_dry_run,
            sets_stock=job.sets_stock,
            reference=job.id,
        )

    def _beat(self) -> None:
        if clock.now() - self._renewed_at > RENEWAL:
            renew_lease(job_id=self._job.id, lease=self._job.lease, now=clock.now(), total=self._job.total)
            self._renewed_at = clock.now()


@unit_of_work
def renew_lease(*, job_id: UUID, lease: UUID | None, now: datetime, total: int) -> None:
    """Keep the job for another while.

    :raises LeaseLostError: another worker has it.
    """
    _require_lease(ImportJob.objects.filter(id=job_id, lease=lease).update(leased_until=now + LEASE, total=total))


def _require_lease(updated: int) -> None:
    if not updated:
        raise LeaseLostError


def _problems(job: ImportJob, problems: list[RowProblem], *, is_about_picture: bool = False) -> list[ImportProblem]:
    return [
        ImportProblem(job=job, row=problem.row, message=problem.message, is_about_picture=is_about_picture)
        for problem in problems
    ]

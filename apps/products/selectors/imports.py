"""What became of imports, as the API and the back office show it."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from apps.products.models.imports import ImportJob, ImportProblem
from kernel.errors import NotFoundError

SHOWN: Final = 500
"""So many problems are listed; the counts tell of all."""


def import_job(job_id: UUID) -> ImportJob:
    """Return an import.

    :raises NotFoundError: there is no such import.
    """
    job = ImportJob.objects.filter(id=job_id).first()
    if job is None:
        raise NotFoundError("There is no such import.")
    return job


def import_report(job: ImportJob) -> dict[str, Any]:
    """Return everything there is to tell of an import, with its problems by row."""
    problems = job.problems.order_by("row", "id")
    return {
        "id": job.id,
        "filename": job.filename,
        "state": job.state,
        "dry_run": job.is_dry_run,
        "set_stock": job.sets_stock,
        "total": job.total,
        "done": job.done,
        "created": job.created_count,
        "updated": job.updated_count,
        "unchanged": job.unchanged_count,
        "refused": job.refused_count,
        "pictures_added": job.pictures_added,
        "pictures_left_out": job.pictures_left_out,
        "problems": _listed(problems.filter(is_about_picture=False)[:SHOWN]),
        "left_out": _listed(problems.filter(is_about_picture=True)[:SHOWN]),
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }


def _listed(problems: Iterable[ImportProblem]) -> list[dict[str, Any]]:
    return [{"row": problem.row, "message": problem.message} for problem in problems]

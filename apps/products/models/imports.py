"""Product files that are read in the background."""

from django.db import models

from kernel.clock import now
from kernel.ids import uuid7


def import_path(job: "ImportJob", _filename: str) -> str:
    """Return where an uploaded product file waits."""
    return f"imports/{job.id}.csv"


class ImportState(models.TextChoices):
    """How far an import has come."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class ImportJob(models.Model):
    """One uploaded product file and what came of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    file = models.FileField(upload_to=import_path, max_length=255, blank=True, default="")
    filename = models.CharField(max_length=255, blank=True, default="")
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.QUEUED)
    is_dry_run = models.BooleanField(default=False)
    sets_stock = models.BooleanField(default=False)
    actor_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(max_length=254, blank=True, default="")
    products_total = models.PositiveIntegerField(default=0)
    products_done = models.PositiveIntegerField(default=0)
    created_count = models.PositiveIntegerField(default=0)
    updated_count = models.PositiveIntegerField(default=0)
    failed_count = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=("state", "created_at"), name="products_imports_waiting"),)

    def __str__(self) -> str:
        return f"{self.filename} {self.id}"

"""Product files that are read in the background: the file, how far it is, and what was refused."""

from django.db import models

from kernel.clock import now
from kernel.ids import uuid7


class ImportState(models.TextChoices):
    """How far an import has come."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class ImportJob(models.Model):
    """One uploaded product file and what came of it.

    Whoever works on it holds the lease; the counts commit together with the products that they count.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    filename = models.CharField(max_length=255, blank=True, default="")
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.QUEUED)
    is_dry_run = models.BooleanField(default=False)
    sets_stock = models.BooleanField(default=False)
    actor_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(max_length=254, blank=True, default="")
    actor_role = models.CharField(max_length=20)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    created_count = models.PositiveIntegerField(default=0)
    updated_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    refused_count = models.PositiveIntegerField(default=0)
    pictures_added = models.PositiveIntegerField(default=0)
    pictures_left_out = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)  # since the last progress

    class Meta:
        indexes = (models.Index(fields=("state", "created_at"), name="products_imports_waiting"),)

    def __str__(self) -> str:
        return f"{self.filename} {self.id}"


class ImportPart(models.Model):
    """A piece of the uploaded file; forgotten when the job is over."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="parts")
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("job", "position"), name="products_import_part_once"),)

    def __str__(self) -> str:
        return f"{self.job_id} {self.position}"


class ImportProblem(models.Model):
    """Why a row was refused, or a picture left out."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="problems")
    row = models.PositiveIntegerField()
    message = models.TextField()
    is_about_picture = models.BooleanField(default=False)

    class Meta:
        indexes = (models.Index(fields=("job", "is_about_picture", "row", "id"), name="products_import_problems"),)

    def __str__(self) -> str:
        return f"{self.row} {self.id}"

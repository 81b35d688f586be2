"""The kernel's tables; they stand in every database, so that they commit with what they speak of."""

from django.db import models


class OutboxRow(models.Model):
    """An event that committed and still has to reach its handlers; deleted once it has."""

    event_id = models.UUIDField(unique=True)
    type = models.CharField(max_length=100)
    subject = models.CharField(max_length=64)
    version = models.BigIntegerField()
    body = models.TextField()
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "kernel_outbox"

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class ArchiveRow(models.Model):
    """An event that a broker has taken, kept for some days: a broker that lost its disk is filled from here."""

    event_id = models.UUIDField(unique=True)
    type = models.CharField(max_length=100)
    subject = models.CharField(max_length=64)
    version = models.BigIntegerField()
    body = models.TextField()
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "kernel_archive"

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class InboxRow(models.Model):
    """What one handler did with one event: done once, to be tried again, or given up."""

    class Status(models.TextChoices):
        """How far the handler came."""

        DONE = "done"
        RETRY = "retry"
        DEAD = "dead"

    consumer = models.CharField(max_length=100)
    event_id = models.UUIDField()
    type = models.CharField(max_length=100)
    status = models.CharField(max_length=8, choices=Status.choices)
    envelope = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=1)
    not_before = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    handled_at = models.DateTimeField()

    class Meta:
        db_table = "kernel_inbox"
        constraints = (models.UniqueConstraint(fields=("consumer", "event_id"), name="kernel_inbox_handled_once"),)
        indexes = (models.Index(fields=("status", "not_before"), name="kernel_inbox_due"),)

    def __str__(self) -> str:
        return f"{self.consumer} {self.event_id}"


class IdempotencyRow(models.Model):
    """The answer to a request that must not happen twice; commits with the effect."""

    digest = models.CharField(max_length=64, unique=True)
    """Hash of scope and key: databases disagree about case and trailing spaces, hashes do not."""
    fingerprint = models.CharField(max_length=64)
    resource_id = models.UUIDField(null=True)
    status = models.PositiveSmallIntegerField()
    content_type = models.CharField(max_length=80)
    body = models.TextField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "kernel_idempotency"

    def __str__(self) -> str:
        return self.digest


class Lease(models.Model):
    """Who runs a periodic job now, and when it ran last."""

    name = models.CharField(max_length=120, primary_key=True)
    held_until = models.DateTimeField()
    ran_at = models.DateTimeField()

    class Meta:
        db_table = "kernel_lease"

    def __str__(self) -> str:
        return self.name

"""The messages: one row for each mail that somebody has to get."""

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.ids import uuid7


class MessageQuerySet(models.QuerySet["Message"]):
    """Reads about messages alone."""

    def due(self, now: datetime) -> Self:
        """Keep what has to go out now, the longest waiting first."""
        return self.filter(status=Message.Status.QUEUED, next_attempt_at__lte=now).order_by("next_attempt_at", "id")

    def matching(self, text: str) -> Self:
        """Keep those whose recipient or subject contains ``text``."""
        return self.filter(models.Q(to__icontains=text) | models.Q(subject__icontains=text))


class Message(models.Model):
    """A mail, rendered when its cause was handled, sent at least once under one Message-ID."""

    class Status(models.TextChoices):
        """How far it came."""

        QUEUED = "queued", _("queued")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    cause = models.CharField(max_length=200, unique=True, null=True, editable=False)  # noqa: DJ001 - what it was written for, once; nothing for a copy that staff sent again

    @property
    def version(self) -> str:
        """What changes when the message does, for its ETag."""
        return f"{self.status}:{self.attempts}"

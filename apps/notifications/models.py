"""The messages: one row for each mail that somebody has to get."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.ids import uuid7

TOO_FAR = timedelta(hours=48)
"""No pause between two attempts is so long: whatever waits for longer, a clock that was ahead wrote."""


class MessageQuerySet(models.QuerySet["Message"]):
    """Reads about messages alone."""

    def due(self, now: datetime) -> Self:
        """Keep what has to go out now, the longest waiting first."""
        is_due = models.Q(next_attempt_at__lte=now) | models.Q(next_attempt_at__gt=now + TOO_FAR)  # by a wrong clock
        return self.filter(is_due, status=Message.Status.QUEUED).order_by("next_attempt_at", "id")

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
    about = models.UUIDField(_("about"), null=True, editable=False)  # an order or a person of another service
    to = models.EmailField(_("to"), max_length=254)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"))
    html = models.TextField(blank=True)
    is_secret = models.BooleanField(_("secret"), default=False)  # holds a code or a link that opens an account
    message_id = models.CharField(max_length=255, unique=True, editable=False)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(null=True)  # while somebody sends it: when the others may try
    error = models.CharField(_("error"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("written at"), default=clock.now, editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(status="queued", next_attempt_at__isnull=False)
                | models.Q(status__in=("sent", "failed"), next_attempt_at=None),
                name="notifications_message_waits_while_queued",
            ),
        )
        indexes = (
            models.Index(fields=("status", "next_attempt_at"), name="notifications_message_due"),
            models.Index(fields=("about", "id"), name="notifications_message_about"),
            models.Index(fields=("created_at", "id"), name="notifications_message_newest"),
            models.Index(fields=("to",), name="notifications_message_to"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"

    @property
    def version(self) -> str:
        """What changes when the message does, for its ETag."""
        return f"{self.status}:{self.attempts}"

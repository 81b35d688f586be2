"""Old messages are forgotten: what was sent after a year, what failed after 90 days."""

from datetime import datetime, timedelta

from django.db.models import Q

from apps.notifications.models import Message
from kernel import clock
from kernel.periodic import every
from kernel.transactions import unit_of_work

KEPT_SENT = timedelta(days=365)
KEPT_FAILED = timedelta(days=90)
KEPT_SECRET = timedelta(days=7)
BATCH = 500


@every(hours=24)
def forget_old_messages() -> int:
    """Delete in batches what is too old, once a day."""
    now = clock.now()
    count = 0
    while deleted := forget_batch(now=now):
        count += deleted
    return count


@unit_of_work
def forget_batch(*, now: datetime) -> int:
    """Delete some of what is too old; mails with a code after a week."""
    too_old = (
        Q(status=Message.Status.SENT, created_at__lt=now - KEPT_SENT)
        | Q(status=Message.Status.FAILED, created_at__lt=now - KEPT_FAILED)
        | Q(status__in=(Message.Status.SENT, Message.Status.FAILED), is_secret=True, created_at__lt=now - KEPT_SECRET)
    )
    ids = list(Message.objects.filter(too_old).order_by("id").values_list("id", flat=True)[:BATCH])
    deleted, _by_model = Message.objects.filter(id__in=ids).delete()
    return deleted

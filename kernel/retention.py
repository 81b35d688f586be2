"""What the kernel forgets: old answers to repeated requests and old marks of handled events."""

from datetime import timedelta

from django.conf import settings

from kernel import clock
from kernel.models import ArchiveRow, IdempotencyRow, InboxRow
from kernel.periodic import every
from kernel.topology import local_databases
from kernel.transactions import in_transaction

KEYS = timedelta(hours=48)
HANDLED = timedelta(days=21)
"""Longer than EVENT_ARCHIVE_DAYS may be: what comes a second time must be known as done."""
BATCH = 1000


@every(minutes=30)
def forget_old_rows() -> int:
    """Delete in batches what nobody can ask for any more; return how many rows."""
    now = clock.now()
    count = 0
    for alias in local_databases():
        archived = ArchiveRow.objects.using(alias).filter(
            created_at__lt=now - timedelta(days=settings.EVENT_ARCHIVE_DAYS)
        )
        keys = IdempotencyRow.objects.using(alias).filter(created_at__lt=now - KEYS)
        done = InboxRow.objects.using(alias).filter(status=InboxRow.Status.DONE, handled_at__lt=now - HANDLED)
        for rows in (keys, done, archived):
            while ids := list(rows.order_by("id").values_list("id", flat=True)[:BATCH]):
                count += in_transaction(alias, rows.model.objects.using(alias).filter(id__in=ids).delete)[0]
    return count

"""Forgetting who once worked on the catalogue."""

from uuid import UUID

from apps.products.models.imports import ImportJob
from apps.products.models.stock import StockMovement
from kernel.events.inbox import forget_mentions
from kernel.transactions import unit_of_work

LABEL = "erased"


@unit_of_work
def forget_worker(*, user_id: UUID, emails: list[str]) -> None:
    """Take a person out of the stock ledger and the list of imports. Idempotent."""
    for histories in (StockMovement, ImportJob):
        histories.objects.filter(actor_id=user_id).update(actor_id=None, actor_label=LABEL)
    forget_mentions(service="products", words=[str(user_id), *emails])

"""Messages of payment providers: each is a reason to ask the provider, and is acted on once."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from apps.orders.models.payments import ProviderEvent
from apps.orders.models.refunds import Refund, RefundState
from apps.orders.services.returning import ask_provider
from apps.orders.services.settling import check_payment
from integrations.payments.stripe_webhook import News
from kernel import clock
from kernel.actors import SYSTEM
from kernel.periodic import every
from kernel.transactions import unit_of_work

KEPT = timedelta(days=30)
"""Providers repeat a message for some days."""
BATCH = 500


def receive_news(*, news: News, now: datetime) -> None:
    """Find out what a message is about; a message that was acted on is known by its id.

    :raises ProviderAwayError: the provider sent news and does not answer; it has to send them again.
    """
    if ProviderEvent.objects.filter(event_id=news.event_id).exists():
        return
    if news.payment_id is not None and news.is_about_refunds:
        _ask_for_refunds(news.payment_id, now=now)
    elif news.payment_id is not None:
        check_payment(payment_id=news.payment_id, actor=SYSTEM, now=now, provider_reference=news.provider_reference)
    _remember(news, now=now)


def _ask_for_refunds(payment_id: UUID, *, now: datetime) -> None:
    is_known_there = ~Q(provider_reference="") & ~Q(state=RefundState.FAILED)
    refunds = Refund.objects.filter(is_known_there | Q(is_given_up=True), payment_id=payment_id)
    for refund in refunds.select_related("payment", "order").order_by("id"):
        ask_provider(refund, now=now)


@unit_of_work
def _remember(news: News, *, now: datetime) -> None:
    ProviderEvent.objects.get_or_create(event_id=news.event_id, defaults={"kind": news.kind, "received_at": now})


@every(minutes=60)
def forget_old_news() -> None:
    """Throw away what no provider sends again, a batch at a time."""
    while _forget_batch() == BATCH:
        pass


@unit_of_work
def _forget_batch() -> int:
    old = ProviderEvent.objects.filter(received_at__lt=clock.now() - KEPT).order_by("received_at")
    ids = list(old.values_list("event_id", flat=True)[:BATCH])
    ProviderEvent.objects.filter(event_id__in=ids).delete()
    return len(ids)

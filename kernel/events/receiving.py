"""What arrives is handled in batches: one transaction a handler, and one by one as soon as something in it fails."""

from collections.abc import Sequence

import structlog

from kernel.events import inbox
from kernel.events.envelope import Envelope
from kernel.events.handling import Consumer, consumers_of
from kernel.transactions import in_transaction

log = structlog.get_logger(__name__)


def deliver(envelopes: Sequence[Envelope], *, service: str = "") -> None:
    """Give events to every handler that is here, or to those of one service.

    Trouble of the database is raised: nothing was written down then, and the events must come again. What a service
    was sent and has no handler for is kept: during a deploy the broker may know of handlers that are new.
    """
    for consumer in dict.fromkeys(each for envelope in envelopes for each in consumers_of(envelope.type)):
        if service in {"", consumer.service}:
            _hand_over(consumer, [envelope for envelope in envelopes if consumer in consumers_of(envelope.type)])
    if service:
        for envelope in envelopes:
            if not _has_handler(service, envelope):
                inbox.keep_for_later(service, envelope)


def _has_handler(service: str, envelope: Envelope) -> bool:
    return any(consumer.service == service for consumer in consumers_of(envelope.type))


def _hand_over(consumer: Consumer, envelopes: list[Envelope]) -> None:
    """Handle a batch in one transaction; if one fails, each goes alone."""

    def all_together() -> None:
        for envelope in envelopes:
            inbox.handle_once(consumer, envelope)

    if len(envelopes) > 1:
        try:
            in_transaction(consumer.alias, all_together)
        except Exception as error:
            if inbox.is_trouble(error, consumer.alias):
                raise
            log.info(
                "batch_falls_apart", consumer=consumer.name, size=len(envelopes), error=inbox.words_of(error)[:200]
            )
        else:
            return
    for envelope in envelopes:
        inbox.receive(consumer, envelope)

"""``manage.py events``: what waits, what was given up, and what to do about it."""

from argparse import ArgumentParser
from datetime import UTC, datetime

from django.core.management.base import BaseCommand, CommandError

from kernel import clock
from kernel.events import documents, repair
from kernel.events.handling import types_by_service
from kernel.events.transport import BrokerAwayError, new_transport


class Command(BaseCommand):
    """Looks after events."""

    help = "Look after events: declare the broker's queues, list and replay dead letters, refill a broker."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what can be done."""
        todo = parser.add_subparsers(dest="todo", required=True)
        todo.add_parser("declare", help="make the broker's exchanges and queues; safe to repeat")
        todo.add_parser("dead", help="list what handlers gave up")
        replay = todo.add_parser("replay", help="give dead letters back to their handlers")
        chosen = replay.add_mutually_exclusive_group(required=True)
        chosen.add_argument("--event", default="", help="only this event, by its id")
        chosen.add_argument("--all", action="store_true", help="every one")
        refill = todo.add_parser("refill", help="send again what a broker had taken and lost; nothing is done twice")
        refill.add_argument("--since", required=True, type=_moment, help="such as 2026-11-21T08:00")
        refill.add_argument("--until", type=_moment, default=None, help="now, when left out")
        todo.add_parser("page", help="print docs/events.md")
        todo.add_parser("asyncapi", help="print docs/asyncapi.yaml")

    def handle(self, *, todo: str, **options: object) -> None:
        """Do it, and say what was done."""
        self.stdout.write(getattr(self, f"_{todo}")(**options), ending="")

    def _declare(self, **_options: object) -> str:
        transport = new_transport()
        if transport is None:
            raise CommandError("BROKER_URL is empty: this shop delivers its events itself.")
        try:
            transport.declare(types_by_service())
        except BrokerAwayError as error:
            msg = f"The broker does not answer: {error}"
            raise CommandError(msg) from error
        transport.close()
        return f"Queues stand for {', '.join(types_by_service())}.\n"

    def _dead(self, **_options: object) -> str:
        rows = [
            f"{row.handled_at:%Y-%m-%d %H:%M}  {row.event_id}  {row.consumer}  {row.type}  {row.error[:100]}\n"
            for _, row in repair.dead_letters()
        ]
        return "".join(rows) or "No dead letters.\n"

    def _replay(self, event: str, **_options: object) -> str:
        letters = [pair for pair in repair.dead_letters() if not event or str(pair[1].event_id) == event]
        if event and not letters:
            msg = f"There is no dead letter of the event {event}."
            raise CommandError(msg)
        return f"{repair.give_back(letters)} given back.\n"

    def _refill(self, since: datetime, until: datetime | None, **_options: object) -> str:
        return f"{repair.refill(since=since, until=until or clock.now())} events go out again.\n"

    def _page(self, **_options: object) -> str:
        return documents.as_markdown()

    def _asyncapi(self, **_options: object) -> str:
        return documents.as_asyncapi()


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""``manage.py events``: what waits, what was given up, and what to do about it."""

from argparse import ArgumentParser
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from kernel import clock
from kernel.actors import Actor, Role
from kernel.events import documents, repair
from kernel.events.choosing import Choice, Status
from kernel.events.envelope import known_types
from kernel.events.handling import types_by_service
from kernel.events.transport import BrokerAwayError, new_transport
from kernel.management.ready import require_databases

OPERATOR = Actor(role=Role.MACHINE, client="manage.py events")
"""How the audit log names whoever has the shell."""


class Command(BaseCommand):
    """Looks after events."""

    help = "Look after events: declare the broker's queues, list and replay dead letters, refill a broker."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what can be done."""
        todo = parser.add_subparsers(dest="todo", required=True)
        todo.add_parser("declare", help="make the broker's exchanges and queues; safe to repeat")
        todo.add_parser("dead", help="list what handlers gave up")
        replay = todo.add_parser("replay", help="give dead letters, or what was done, back to their handlers")
        replay.add_argument("--all", action="store_true", help="every dead letter")
        replay.add_argument(
            "--handler", default="", help="only this handler's, such as products.show_after_cancellation"
        )
        replay.add_argument(
            "--status",
            action="append",
            choices=Status.values,
            default=None,
            help="dead when left out; `done` again needs --event or --since, and the event's copy",
        )
        refill = todo.add_parser("refill", help="send again what a broker had taken and lost; nothing is done twice")
        for chosen in (replay, refill):
            chosen.add_argument(
                "--event", action="append", default=[], type=UUID, help="only this one; may be repeated"
            )
            chosen.add_argument("--type", default="", help="only this type, such as orders.order_placed.v1")
            chosen.add_argument("--since", type=_moment, default=None, help="such as 2026-11-21T08:00")
            chosen.add_argument("--until", type=_moment, default=None, help="now, when left out")
        todo.add_parser("page", help="print docs/events.md")
        todo.add_parser("asyncapi", help="print docs/asyncapi.yaml")

    def handle(self, *, todo: str, **options: object) -> None:
        """Do it, and say what was done."""
        if todo in {"dead", "replay", "refill"}:
            require_databases()
        self.stdout.write(getattr(self, f"_{todo}")(**options), ending="")

    def _declare(self, **_options: object) -> str:
        transport = new_transport()
        if transport is None:
            raise CommandError("BROKER_URL is empty: this shop delivers its events itself.")
        try:
            transport.declare(types_by_service(), obsolete=known_types())
        except BrokerAwayError as error:
            msg = f"The broker does not answer, or refuses: {error}"
            raise CommandError(msg) from error
        transport.close()
        return f"Queues stand for {', '.join(types_by_service())}.\n"

    def _dead(self, **_options: object) -> str:
        rows = [
            f"{row.handled_at:%Y-%m-%d %H:%M}  {row.event_id}  {row.consumer}  {row.type}  {row.error[:100]}\n"
            for row in repair.dead_letters()
        ]
        return "".join(rows) or "No dead letters.\n"

    def _replay(self, *, all: bool, status: list[str] | None, handler: str, **options: Any) -> str:  # noqa: A002 - the option's name
        choice = _choice(statuses=tuple(status or (Status.DEAD,)), consumer=handler, **options)
        is_narrow = choice.event_ids or choice.since
        if not (all or is_narrow or choice.consumer or choice.type or choice.until):
            raise CommandError("Say which: --event, --handler, --type, --since, --until, or --all.")
        if Status.DONE in choice.statuses and not is_narrow:
            raise CommandError("What was done is handled again only with --event or --since.")
        try:
            told = repair.replay(choice, actor=OPERATOR, now=clock.now())
        except repair.NothingToReplayError as error:
            raise CommandError(error.message) from error
        left = f" {told.without_copy} have no copy any more." if told.without_copy else ""
        return f"{told.given_back} given back.{left}\n"

    def _refill(self, **options: Any) -> str:
        choice = _choice(**options)
        if not (choice.event_ids or choice.since):
            raise CommandError("Say which: --event or --since.")
        try:
            count = repair.refill(choice, actor=OPERATOR, now=clock.now())
        except repair.NothingToReplayError as error:
            raise CommandError(error.message) from error
        return f"{count} events go out again.\n"

    def _page(self, **_options: object) -> str:
        return documents.as_markdown()

    def _asyncapi(self, **_options: object) -> str:
        return documents.as_asyncapi()


def _choice(*, event: list[UUID], **options: Any) -> Choice:
    known = {field.name for field in fields(Choice)}
    return Choice(event_ids=tuple(event), **{name: value for name, value in options.items() if name in known})


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""Handing mail over to a real SMTP server that works, refuses, fails and comes back."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import Message as Mail
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from apps.notifications import rules
from apps.notifications.models import Message
from apps.notifications.services import sending
from apps.notifications.services.retention import forget_batch
from apps.notifications.services.sending import BATCH, LEASE, send_due, send_queued_messages
from apps.notifications.tests.factories import NOON, MessageFactory
from chaos.processes import free_port
from contracts.orders import Orders
from kernel.rpc import client

pytestmark = pytest.mark.django_db


class Postbox:
    """What the server received, and how it answers."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.replies: list[str] = []
        self.refused: set[str] = set()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 No such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        self.mails.append(message_from_bytes(bytes(envelope.content or b"")))
        return self.replies.pop(0) if self.replies else "250 OK"


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    box = Postbox()
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "integrations.email.smtp.TimelyBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    yield box
    controller.stop(no_assert=True)


def test_a_mail_arrives_with_both_bodies_and_its_own_id(postbox: Postbox, stop_clock: Callable[..., None]) -> None:
    message = MessageFactory.create(subject="Tack för din beställning", to="ann@example.com")
    stop_clock(NOON)

    assert send_due(now=NOON) == 1

    mail = postbox.mails[0]
    assert mail["Message-ID"] == message.message_id
    assert mail["To"] == "ann@example.com"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    message.refresh_from_db()
    assert (message.status, message.attempts, message.sent_at, message.error) == ("sent", 1, NOON, "")
    assert send_due(now=NOON + timedelta(days=1)) == 0


def test_a_failed_mail_is_tried_again_later_under_the_same_id(postbox: Postbox) -> None:
    message = MessageFactory.create()
    postbox.replies = ["451 Come back later"]

    assert send_due(now=NOON) == 0
    message.refresh_from_db()
    assert (message.status, message.attempts) == ("queued", 1)
    assert message.next_attempt_at == NOON + rules.PAUSES[0]
    assert "451" in message.error
    assert send_due(now=NOON + timedelta(seconds=29)) == 0

    assert send_due(now=NOON + timedelta(seconds=30)) == 1
    assert [mail["Message-ID"] for mail in postbox.mails] == [message.message_id] * 2


def test_a_backlog_goes_out_in_one_turn(postbox: Postbox, stop_clock: Callable[..., None]) -> None:
    MessageFactory.create_batch(2 * BATCH + 1)
    stop_clock(NOON)

    count = send_queued_messages()

    assert count == len(postbox.mails) == 2 * BATCH + 1


def test_a_long_backlog_leaves_the_rest_to_the_next_turn(
    postbox: Postbox, stop_clock: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    MessageFactory.create_batch(BATCH + 1)
    stop_clock(NOON)
    monkeypatch.setattr(sending, "TURN_SECONDS", 0.0)

    assert [send_queued_messages(), send_queued_messages()] == [BATCH, 1]


def test_while_the_server_is_away_nothing_is_lost_and_the_rest_waits(settings: Any) -> None:
    settings.EMAIL_BACKEND = "integrations.email.smtp.TimelyBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    first, second = MessageFactory.create_batch(2)

    assert send_due(now=NOON) == 0

    states = dict(Message.objects.values_list("id", "attempts"))
    assert states == {first.id: 1, second.id: 0}


def test_an_address_that_does_not_exist_fails_at_once_and_stops_nobody_else(postbox: Postbox) -> None:
    postbox.refused = {"nobody@example.com"}
    gone = MessageFactory.create(to="nobody@example.com")
    MessageFactory.create()

    assert send_due(now=NOON) == 1

    gone.refresh_from_db()
    assert (gone.status, gone.next_attempt_at) == ("failed", None)
    assert "550" in gone.error


def test_a_mail_that_keeps_failing_is_given_up_in_the_end(postbox: Postbox) -> None:
    message = MessageFactory.create(attempts=len(rules.PAUSES), is_secret=True)
    postbox.replies = ["451 Come back later"]

    send_due(now=NOON)

    message.refresh_from_db()
    assert (message.status, message.attempts, message.text, message.html) == ("failed", 7, "", "")


def test_the_body_of_a_secret_mail_is_gone_once_it_is_sent(postbox: Postbox) -> None:
    message = MessageFactory.create(is_secret=True, text="Code 123456")

    send_due(now=NOON)

    assert "123456" in postbox.mails[0].as_string()
    message.refresh_from_db()
    assert (message.status, message.text, message.html) == ("sent", "", "")


def test_a_worker_that_died_while_sending_leaves_the_mail_to_the_next(postbox: Postbox) -> None:
    message = MessageFactory.create(attempts=1, next_attempt_at=NOON + LEASE)

    assert send_due(now=NOON + LEASE - timedelta(seconds=1)) == 0
    assert send_due(now=NOON + LEASE) == 1

    message.refresh_from_db()
    assert (message.status, message.attempts) == ("sent", 2)


def test_a_mail_that_a_clock_put_off_by_a_year_goes_out(postbox: Postbox) -> None:
    MessageFactory.create(next_attempt_at=NOON + timedelta(days=365))
    MessageFactory.create(next_attempt_at=NOON + rules.PAUSES[-1] + LEASE)

    assert send_due(now=NOON) == 1


def test_a_mail_that_another_worker_took_is_left_alone(postbox: Postbox, monkeypatch: pytest.MonkeyPatch) -> None:
    message = MessageFactory.create()
    stale = list(Message.objects.due(NOON))
    send_due(now=NOON)
    monkeypatch.setattr("apps.notifications.models.MessageQuerySet.due", lambda _self, _now: stale)

    assert send_due(now=NOON) == 0

    assert len(postbox.mails) == 1
    message.refresh_from_db()
    assert message.attempts == 1


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"subject": "two\nlines"}, "BadHeaderError"),
        ({"to": f"ann@{'ü' * 63}.example"}, "UnicodeError"),  # a label too long, once it is written in ASCII
    ],
)
def test_a_mail_that_cannot_be_built_fails_at_once_and_stops_nobody_else(
    postbox: Postbox, fields: dict[str, str], problem: str
) -> None:
    broken = MessageFactory.create(**fields)
    MessageFactory.create(to="ben@example.com", next_attempt_at=NOON + timedelta(seconds=1))

    assert send_due(now=NOON + timedelta(seconds=1)) == 1

    assert [mail["To"] for mail in postbox.mails] == ["ben@example.com"]
    broken.refresh_from_db()
    assert (broken.status, broken.attempts, broken.next_attempt_at) == ("failed", 1, None)
    assert problem in broken.error


def test_a_sender_that_cannot_be_written_costs_no_mail(postbox: Postbox, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = f"shop@{'ü' * 63}.example"
    first, second = MessageFactory.create_batch(2)

    assert send_due(now=NOON) == 0

    states = {message.id: (message.status, message.attempts) for message in Message.objects.all()}
    assert states == {first.id: ("queued", 1), second.id: ("queued", 0)}


def test_the_sender_is_the_shops_or_else_the_servers(postbox: Postbox, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Saluhall <shop@testserver>"
    MessageFactory.create()

    send_due(now=NOON)

    assert postbox.mails[0]["From"] == "Saluhall <shop@testserver>"


def test_a_sender_at_a_domain_in_other_letters_keeps_no_mail(postbox: Postbox, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = replace(client(Orders).shop(), sender_name="Shop", sender_email="butik@örebro.se")
    monkeypatch.setattr("apps.orders.facade.Facade.shop", lambda _self: profile)
    MessageFactory.create()

    send_due(now=NOON)

    assert "<butik@xn--rebro-iua.se>" in postbox.mails[0]["From"]


def test_old_messages_are_forgotten_when_their_time_has_come() -> None:
    days = timedelta(days=1)
    sent, failed, queued = (
        {"status": "sent", "next_attempt_at": None},
        {"status": "failed", "next_attempt_at": None},
        {},
    )
    kept = [
        MessageFactory.create(**sent, created_at=NOON - 364 * days),
        MessageFactory.create(**failed, created_at=NOON - 89 * days),
        MessageFactory.create(**queued, created_at=NOON - 400 * days),
        MessageFactory.create(**sent, is_secret=True, created_at=NOON - 6 * days),
    ]
    MessageFactory.create(**sent, created_at=NOON - 366 * days)
    MessageFactory.create(**failed, created_at=NOON - 91 * days)
    MessageFactory.create(**sent, is_secret=True, created_at=NOON - 8 * days)

    assert forget_batch(now=NOON) == 3

    assert set(Message.objects.values_list("id", flat=True)) == {message.id for message in kept}


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 30), (2, 120), (3, 600), (4, 3600), (5, 21600), (6, 86400), (7, None), (8, None)]
)
def test_pauses_grow_and_end(attempts: int, seconds: int | None) -> None:
    pause = rules.pause_after(attempts=attempts)

    assert (pause and pause.total_seconds()) == seconds


@pytest.mark.parametrize(
    ("codes", "is_final"),
    [([550], True), ([450], False), ([550, 450], False), ([], False), ([500], True), ([499], False)],
)
def test_only_a_refusal_of_everybody_is_final(codes: list[int], is_final: bool) -> None:
    assert rules.is_permanent(codes) is is_final

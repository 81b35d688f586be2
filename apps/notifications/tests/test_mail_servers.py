"""Mail servers that leave after a mail, in the middle of one, or take one mail never."""

from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from apps.notifications.models import Message
from apps.notifications.services.sending import send_due, send_queued_messages
from apps.notifications.tests.factories import NOON, MessageFactory
from apps.notifications.tests.test_sending import Postbox
from apps.notifications.tests.test_sending import postbox as _postbox

pytestmark = pytest.mark.django_db
postbox = _postbox


def _attempts() -> list[int]:
    return list(Message.objects.order_by("next_attempt_at", "id").values_list("attempts", flat=True))


def _be_busy(box: Postbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Say 421 to the second mail of each connection, as servers do that count."""

    async def handle_mail(server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        session.mails = getattr(session, "mails", 0) + 1
        if session.mails > 1:
            return "421 One mail a connection"
        envelope.mail_from = address
        return "250 OK"

    monkeypatch.setattr(box, "handle_MAIL", handle_mail, raising=False)


def _hang_up_at_mail(box: Postbox, number: int) -> None:
    """Take that mail's letters and leave without a word."""
    take = box.handle_DATA

    async def handle_data(server: SMTP, session: Session, envelope: Envelope) -> str:
        said = await take(server, session, envelope)
        if len(box.mails) == number:
            server.transport.abort()
        return said

    box.handle_DATA = handle_data  # type: ignore[method-assign]  # a box of this test alone


def test_a_server_that_takes_one_mail_a_connection_costs_no_attempt(
    postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    _be_busy(postbox, monkeypatch)
    MessageFactory.create_batch(5)

    assert send_queued_messages() == 5

    assert _attempts() == [1] * 5


def test_a_server_that_leaves_between_two_mails_costs_no_attempt(postbox: Postbox) -> None:
    _hang_up_at_mail(postbox, 2)
    MessageFactory.create_batch(3)

    assert send_queued_messages() == 3

    assert len(postbox.mails) == 4  # nobody can know that the second was taken
    assert len({mail["Message-ID"] for mail in postbox.mails}) == 3
    assert _attempts() == [1] * 3


def test_a_server_that_leaves_during_its_first_mail_counts_as_an_attempt(postbox: Postbox) -> None:
    _hang_up_at_mail(postbox, 1)
    first, second = MessageFactory.create_batch(2)

    assert send_due(now=NOON) == 0

    assert dict(Message.objects.values_list("id", "attempts")) == {first.id: 1, second.id: 0}


def test_a_mail_whose_content_is_refused_for_good_fails_at_once_and_stops_nobody_else(postbox: Postbox) -> None:
    postbox.replies = ["554 This looks like spam"]
    bad, _good = MessageFactory.create_batch(2)

    assert send_due(now=NOON) == 1

    bad.refresh_from_db()
    assert (bad.status, bad.attempts, bad.next_attempt_at) == ("failed", 1, None)
    assert "554" in bad.error


@pytest.mark.parametrize("reply", ["450 Busy", "421 Later"])
def test_a_recipient_who_is_refused_for_now_is_tried_later_and_stops_nobody_else(
    postbox: Postbox, monkeypatch: pytest.MonkeyPatch, reply: str
) -> None:
    take = postbox.handle_RCPT

    async def handle_rcpt(*told: Any) -> str:
        return reply if told[3] == "full@example.com" else await take(*told)

    monkeypatch.setattr(postbox, "handle_RCPT", handle_rcpt)
    full = MessageFactory.create(to="full@example.com")
    MessageFactory.create()

    assert send_due(now=NOON) == 1

    full.refresh_from_db()
    assert (full.status, full.attempts) == ("queued", 1)

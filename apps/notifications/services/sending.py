"""Sending: each queued message goes out at least once, always under its one Message-ID.

A worker takes a message by moving its next attempt behind a lease, sends it outside of any transaction and writes down
what became of it. One that dies meanwhile leaves the lease, after which another worker sends the message again.
"""

import time
from datetime import datetime, timedelta
from email.utils import formataddr

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import sanitize_address
from django.utils.encoding import punycode

from apps.notifications import rules
from apps.notifications.models import Message
from contracts.orders import Orders
from kernel import clock
from kernel.periodic import every
from kernel.rpc import client
from kernel.transactions import unit_of_work

BATCH = 20
LEASE = timedelta(minutes=1)
"""How long one message is a worker's own; longer than the mail server's time-out, and the wait after a kill."""
TURN_SECONDS = 5.0
"""When a backlog lets the worker's other jobs have their turn."""

log = structlog.get_logger(__name__)


@every(seconds=1, is_alone=False)
def send_queued_messages() -> int:
    """Send what is due, a backlog batch after batch; return how many went out."""
    end = time.monotonic() + TURN_SECONDS
    count = sent = send_due(now=clock.now())
    while sent and time.monotonic() < end:
        sent = send_due(now=clock.now())
        count += sent
    return count


def send_due(*, now: datetime) -> int:
    """Send one batch of what is due; stop at the first sign that the mail server is away."""
    waiting = list(Message.objects.due(now)[:BATCH])
    if not waiting:
        return 0
    sender = _sender()
    connection = get_connection(fail_silently=False)
    count = 0
    has_served = False  # over the connection that is open now
    try:
        for message in waiting:
            if not _claim(message=message, now=max(now, clock.now())):
                continue
            problem = _hand_over(message, sender, connection)
            if problem is None:
                _note_sent(message=message, now=clock.now())
                count, has_served = count + 1, True
            elif has_served and rules.has_left(problem):  # some take a few mails a connection: no fault of this one
                _give_back(message=message)
                break
            else:
                has_served = False
                _note_failure(message=message, problem=problem, now=now)
                if not rules.is_about_the_mail(problem):
                    break
    finally:
        _close(connection)
    return count


def _hand_over(message: Message, sender: str, connection: BaseEmailBackend) -> Exception | None:
    mail = _mail(message, sender, connection)
    try:
        connection.open()
        mail.send()
    except (OSError, ValueError) as error:  # smtplib's errors are OSErrors; what cannot be written is a ValueError
        log.warning("mail_failed", message=str(message.id), error=str(error)[:200])
        _close(connection)
        return _fault_of_the_mail(message) or error
    return None


def _mail(message: Message, sender: str, connection: BaseEmailBackend | None = None) -> EmailMultiAlternatives:
    mail = EmailMultiAlternatives(
        message.subject,
        message.text,
        sender,
        [message.to],
        connection=connection,
        headers={"Message-ID": message.message_id, "Auto-Submitted": "auto-generated"},
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    return mail


def _fault_of_the_mail(message: Message) -> rules.UnbuildableMailError | None:
    """Return why it cannot be written, if so. A ValueError may as well be about the password or the shop's sender."""
    try:
        sanitize_address(message.to, "utf-8")
        _mail(message, "shop@example.com").message().as_bytes()
    except ValueError as error:
        return rules.UnbuildableMailError(f"{type(error).__name__}: {error}")
    return None


def _close(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except OSError as error:
        log.info("mail_server_left", error=str(error)[:200])


def _sender() -> str:
    shop = client(Orders).shop()
    if not shop.sender_email:
        return str(settings.DEFAULT_FROM_EMAIL)
    name, _, domain = shop.sender_email.rpartition("@")
    return formataddr((shop.sender_name, f"{name}@{punycode(domain)}"))


@unit_of_work
def _claim(*, message: Message, now: datetime) -> bool:
    """Take the message unless another worker did."""
    free = Message.objects.filter(id=message.id, next_attempt_at=message.next_attempt_at, status=Message.Status.QUEUED)
    return bool(free.update(next_attempt_at=now + LEASE, attempts=message.attempts + 1))


@unit_of_work
def _give_back(*, message: Message) -> None:
    """Undo a claim: the message is the first of the next batch, over a new connection, and has lost no attempt."""
    mine = Message.objects.filter(id=message.id, attempts=message.attempts + 1, status=Message.Status.QUEUED)
    mine.update(next_attempt_at=message.next_attempt_at, attempts=message.attempts)


@unit_of_work
def _note_sent(*, message: Message, now: datetime) -> None:
    fields = {"status": Message.Status.SENT, "sent_at": now, "next_attempt_at": None, "error": ""}
    Message.objects.filter(id=message.id).update(**fields, **_without_secret(message))


@unit_of_work
def _note_failure(*, message: Message, problem: Exception, now: datetime) -> None:
    pause = None if rules.is_final(problem) else rules.pause_after(attempts=message.attempts + 1)
    error = f"{type(problem).__name__}: {problem}".replace("\x00", "")[:500]
    fields: dict[str, object] = {"error": error}
    if pause is None:
        fields |= {"status": Message.Status.FAILED, "next_attempt_at": None, **_without_secret(message)}
    else:
        fields |= {"next_attempt_at": now + pause}
    Message.objects.filter(id=message.id).exclude(status=Message.Status.SENT).update(**fields)


def _without_secret(message: Message) -> dict[str, str]:
    """A code has done its work once it is sent: what is kept must open nothing."""
    return {"text": "", "html": ""} if message.is_secret else {}

"""Sends a text message by Twilio's API: one POST, and no library of theirs."""

from http import HTTPStatus

import requests
import structlog
from django.conf import settings

from kernel.errors import DomainError
from kernel.http.deadlines import EndingSession, at_most

log = structlog.get_logger(__name__)


class TextNotSentError(DomainError):
    """The text message could not be handed over."""

    code = "text_not_sent"
    status = 503


def is_configured() -> bool:
    """True once the settings name an account to send from."""
    return bool(settings.TWILIO_ACCOUNT_SID)


def send_text(*, to: str, text: str) -> None:
    """Hand a message over to Twilio.

    :raises TextNotSentError: Twilio is not configured, does not answer or refuses; the log says which.
    """
    if not is_configured():
        raise TextNotSentError("This shop sends no text messages.")
    account = settings.TWILIO_ACCOUNT_SID
    try:
        with at_most(settings.TWILIO_TIMEOUT), EndingSession() as session:
            answer = session.post(
                f"{settings.TWILIO_BASE_URL}/2010-04-01/Accounts/{account}/Messages.json",
                data={"To": to, "From": settings.TWILIO_FROM, "Body": text},
                auth=(account, settings.TWILIO_AUTH_TOKEN),
                timeout=settings.TWILIO_TIMEOUT,
                allow_redirects=False,
            )
    except (requests.RequestException, TimeoutError) as error:
        log.warning("text_not_sent", reason=type(error).__name__)
        raise TextNotSentError("The text message could not be sent. Try again in a while.") from error
    if answer.status_code != HTTPStatus.CREATED:
        log.warning("text_not_sent", status=answer.status_code, code=_code_of(answer))
        raise TextNotSentError("The text message could not be sent. Check the number, or try again in a while.")


def _code_of(answer: requests.Response) -> object:
    """Return Twilio's own number for what is wrong; its message may hold the recipient, which no log needs."""
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return None
    return body.get("code") if isinstance(body, dict) else None

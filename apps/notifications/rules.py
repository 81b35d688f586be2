"""When a mail is tried again, and when it is given up. Pure decisions."""

import smtplib
from datetime import timedelta

PAUSES = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)
"""How long to wait after the first, second ... failed attempt; after the seventh the mail has failed."""

FIRST_PERMANENT_REPLY = 500
SERVER_LEAVES = 421
"""A reply to any command: the server closes the connection."""


class UnbuildableMailError(ValueError):
    """A mail cannot be written down, whoever sends it: by its recipient or a header."""


def pause_after(*, attempts: int) -> timedelta | None:
    """Return how long to wait after so many failed attempts; nothing when it is time to give up."""
    return PAUSES[attempts - 1] if attempts <= len(PAUSES) else None


def is_permanent(reply_codes: list[int]) -> bool:
    """Tell whether a mail server's replies (RFC 5321) say that no repetition can help."""
    return bool(reply_codes) and all(code >= FIRST_PERMANENT_REPLY for code in reply_codes)


def reply_codes(problem: Exception) -> list[int]:
    """Return the codes that a mail server gave as it refused something; none when it did not answer."""
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        return [code for code, _words in problem.recipients.values()]
    return [problem.smtp_code] if isinstance(problem, smtplib.SMTPResponseException) else []


def is_about_the_mail(problem: Exception) -> bool:
    """Tell whether this one mail is at fault, by its recipient or its content; another may still go out."""
    is_refused = isinstance(problem, smtplib.SMTPDataError) and is_permanent(reply_codes(problem))
    return is_refused or isinstance(problem, (smtplib.SMTPRecipientsRefused, UnbuildableMailError))


def is_final(problem: Exception) -> bool:
    """Tell whether no repetition can help this mail."""
    if isinstance(problem, UnbuildableMailError):
        return True
    return is_about_the_mail(problem) and is_permanent(reply_codes(problem))


def has_left(problem: Exception) -> bool:
    """Tell whether the server closed the connection, with 421 or without a word."""
    codes = reply_codes(problem)
    return SERVER_LEAVES in codes or (not codes and isinstance(problem, OSError))

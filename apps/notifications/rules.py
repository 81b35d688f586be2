"""When a mail is tried again, and when it is given up. Pure decisions."""

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


def pause_after(*, attempts: int) -> timedelta | None:
    """Return how long to wait after so many failed attempts; nothing when it is time to give up."""
    return PAUSES[attempts - 1] if attempts <= len(PAUSES) else None


def is_permanent(reply_codes: list[int]) -> bool:
    """Tell whether a mail server's replies about the recipients (RFC 5321) say that no repetition can help."""
    return bool(reply_codes) and all(code >= FIRST_PERMANENT_REPLY for code in reply_codes)

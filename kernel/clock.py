"""The one clock: code asks here, so that a test can stop time."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return this moment in UTC."""
    return datetime.now(tz=UTC)

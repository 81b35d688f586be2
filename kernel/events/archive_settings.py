"""How long copies of events stay, as the environment says it."""

from kernel import env

LONGEST = 14
"""Days. The inbox remembers for 21 what was done, so that a copy sent again is known."""


def archive_days() -> int:
    """Return for how many days a copy of each event stays; 0 keeps none."""
    return env.integer(
        "EVENT_ARCHIVE_DAYS",
        default=7,
        maximum=LONGEST,
        help="How long a copy of each event stays, to fill a broker that lost its disk and to handle events again; 0: none.",
    )

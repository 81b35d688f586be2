"""How much is taken on at once, and who may watch, as the environment says it."""

from typing import NamedTuple

from kernel import env

TOKEN_LENGTH = 16


class Load(NamedTuple):
    """In the order in which ``saluhall/settings.py`` takes them."""

    threads: int
    waiting: int
    request_seconds: float
    metrics_token: str


def load_limits() -> Load:
    """Read the limits of one server process."""
    with env.group("Load"):
        token = env.secret(
            "METRICS_TOKEN",
            help="At least 16 characters; whoever sends them as `Authorization: Bearer` reads /metrics. Empty: nobody.",
        )
        if token and len(token) < TOKEN_LENGTH:
            env.refuse(f"METRICS_TOKEN must have at least {TOKEN_LENGTH} characters.")
        return Load(
            env.integer(
                "SERVER_THREADS",
                default=8,
                minimum=1,
                maximum=64,
                help="Requests that one server process works on at once.",
            ),
            env.integer(
                "REQUESTS_WAITING",
                default=24,
                maximum=1000,
                help="Requests that may wait for a thread of a process; the next is told at once to come back (503).",
            ),
            env.seconds(
                "REQUEST_SECONDS",
                default=15,
                help="How long a request may take from its arrival; later it is not begun, and not tried again after a conflict.",
            ),
            token,
        )

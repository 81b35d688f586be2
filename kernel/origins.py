"""Where the work at hand comes from: what histories and the audit log write down beside the actor."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Address and program of a request; empty for a command and the worker."""

    address: str = ""
    user_agent: str = ""
    request_id: str = ""


NOWHERE = Origin()
_current: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def current() -> Origin:
    """Return where the running request comes from."""
    return _current.get()


def remember(origin: Origin) -> None:
    """Set the origin for the rest of this request or command."""
    _current.set(origin)

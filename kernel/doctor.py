"""Looks at live data for what may never be. Services register what has to hold; nothing is changed here.

Each look is a statement that its database answers from one moment, so orders that are placed meanwhile raise no false
alarm. Where two statements or two databases are compared, an order may move in between: whatever looks wrong is looked at
once more after a pause, and only what is wrong both times is told.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import connections
from django.db.models import QuerySet

from kernel.topology import is_local, local_databases, service_of

PAUSE_SECONDS = 2.0
"""Between the first look and the second one."""
MOST_FINDINGS = 1000
"""How many a check tells; the rest is the same trouble."""
BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong."""

    about: str
    """What it is about; the same in the second look, whatever the figures are then."""
    problem: str
    mend: str
    """A command, or where to look."""


Look = Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something that has to hold."""

    name: str
    promise: str
    look: Look
    is_about_time: bool
    """True when it fails by mere waiting, as in data that was restored and that no worker has seen yet."""

    def findings(self) -> dict[str, Finding]:
        """Return what is wrong now, by what it is about."""
        return {finding.about: finding for finding in islice(self.look(), MOST_FINDINGS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came out of one check."""

    check: Check
    findings: tuple[Finding, ...]


_checks: dict[str, Check] = {}


def check(*, is_about_time: bool = False) -> Callable[[Look], Look]:
    """Register a look; the first line of its docstring is the promise that it watches."""

    def register(look: Look) -> Look:
        module = look.__module__
        service = service_of(module) if module.startswith("apps.") else "kernel"
        name = f"{service}.{look.__name__}"
        promise = (look.__doc__ or "").partition("\n")[0]
        _checks[name] = Check(name=name, promise=promise, look=look, is_about_time=is_about_time)
        return look

    return register


def all_checks(*, with_time: bool = True) -> list[Check]:
    """Return what can be checked in this process."""
    here = [check for check in _checks.values() if check.name.startswith("kernel.") or is_local(_service(check))]
    return [check for check in here if with_time or not check.is_about_time]


def examine(checks: Iterable[Check], *, pause: float = PAUSE_SECONDS) -> list[Result]:
    """Look at everything; what is wrong is looked at again, and told if it still is."""
    with _only_reading():
        first = {check: check.findings() for check in checks}
        if any(first.values()):
            time.sleep(pause)
        return [Result(check=check, findings=_still(check, seen)) for check, seen in first.items()]


def pages(rows: QuerySet[Any, Any], *, by: str, size: int = BATCH) -> Iterator[list[dict[str, Any]]]:
    """Read rows of ``values()`` along a unique column, some at a time: a table may be larger than the memory."""
    ordered, last = rows.order_by(by), None
    while page := list((ordered if last is None else ordered.filter(**{f"{by}__gt": last}))[:size]):
        yield page
        last = page[-1][by]


def _still(check: Check, seen: dict[str, Finding]) -> tuple[Finding, ...]:
    if not seen:
        return ()
    return tuple(finding for about, finding in check.findings().items() if about in seen)


def _service(check: Check) -> str:
    return check.name.partition(".")[0]


def _only_reading() -> ExitStack:
    """Refuse every statement that is not a question, in each database of this process."""
    stack = ExitStack()
    for alias in local_databases():
        connections[alias].ensure_connection()  # its own settings are no question
        stack.enter_context(connections[alias].execute_wrapper(_refuse_writing))
    return stack


def _refuse_writing(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's signature
    if not sql.lstrip("( \n").upper().startswith("SELECT"):
        msg = f"The doctor only looks, and would have run: {sql[:80]}"
        raise RuntimeError(msg)
    return execute(sql, params, many, context)

"""The chain of the audit log: a worker seals entries, and anybody can check that none was changed or taken out."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self, cast
from uuid import UUID

import orjson
import structlog
from django.db.models import Q

from apps.users import rules
from apps.users.models import AuditEntry
from apps.users.services.audit import record_event
from kernel import clock
from kernel.actors import Role
from kernel.origins import NOWHERE
from kernel.periodic import every
from kernel.spelling import Spelled
from kernel.topology import database_of
from kernel.transactions import in_transaction, unit_of_work

BATCH = 500
READ_AT_ONCE = 2000
STILL_COUNTING = timedelta(seconds=2 * rules.COUNTING_SECONDS)
"""A failure may still be counted so long after its entry was made: the rest of the window, and clocks that differ."""
ERASED = "personal_data_erased"
BLANK = dict.fromkeys(("actor_label", "address", "user_agent", "before", "after", "salt"), "")
OWN_THINGS = ("", "token", "session", "program")
"""What people act on that is theirs, besides their account."""
MOST_FINDINGS = 100

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: whoever keeps it elsewhere can prove later that nothing before it was touched."""

    sequence: int = 0
    chain: str = rules.NO_CHAIN

    def __str__(self) -> str:
        return f"{self.sequence}:{self.chain}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``SEQUENCE:HASH``.

        :raises ValueError: it is something else.
        """
        number, _colon, chain = text.strip().partition(":")
        if len(chain) != len(rules.NO_CHAIN) or not number.isdecimal():
            msg = "A head looks like 1234:0f3c..., with 64 digits and letters after the colon."
            raise ValueError(msg)
        return cls(int(number), chain.lower())


@dataclass(slots=True)
class Report:
    """What a check of the chain found."""

    head: Head = field(default_factory=Head)
    sealed: int = 0
    erased: int = 0
    waiting: int = 0
    findings: list[str] = field(default_factory=list)

    def add(self, finding: str) -> None:
        self.findings.append(finding)


@every(seconds=15)
def seal_entries() -> int:
    """Put the entries that came in at the end of the chain; return how many."""
    count = 0
    while sealed := in_transaction(database_of("users"), _seal_batch):
        count += sealed
    return count


def current_head() -> Head:
    """Return the end of the chain."""
    last = AuditEntry.objects.exclude(sequence=None).order_by("-sequence").first()
    return Head(last.sequence or 0, last.chain) if last else Head()


@unit_of_work
def erase_person(*, user_id: UUID, emails: Collection[str] = (), now: datetime) -> int:
    """Blank what entries say about a person, as the law may ask; the chain holds, and the erasure is an entry itself.

    What the person did to others' things while working here stays: a shop answers for it, whoever has left.

    :param emails: his addresses, so that sign-ins that failed are found as well.
    """
    about = Q(subject_kind="user", subject_id=str(user_id)) | Q(actor_id=user_id, subject_kind__in=OWN_THINGS)
    return _blank(about | at_addresses(emails), user_id=user_id, now=now)


def at_addresses(emails: Collection[str]) -> Q:
    """Return the condition of entries of nobody that is known at these addresses, such as sign-ins that failed."""
    if not emails:
        return Q(pk__in=[])
    return Q(Spelled("actor_label", [email.lower() for email in emails]), actor_id=None)


@unit_of_work
def erase_late_entries(*, user_id: UUID, now: datetime) -> int:
    """Blank what a request of the person wrote after the account was erased; what staff did about it stays."""
    own = Q(subject_kind="user", subject_id=str(user_id)) | Q(subject_kind__in=OWN_THINGS)
    return _blank(own & Q(actor_id=user_id), user_id=user_id, now=now)


def _blank(about: Q, *, user_id: UUID, now: datetime) -> int:
    entries = AuditEntry.objects.filter(about, erased_at=None).exclude(action=ERASED)
    ids = list(entries.select_for_update().values_list("id", flat=True))
    for start in range(0, len(ids), BATCH):
        AuditEntry.objects.filter(id__in=ids[start : start + BATCH]).update(**BLANK, erased_at=now)
    if ids:
        record_event(
            action=ERASED,
            role=Role.SYSTEM.value,
            subject=("user", user_id),
            now=now,
            after={"entries": len(ids), "digest": _digest_of(ids)},
            origin=NOWHERE,  # the running request is the person's own
        )
    return len(ids)


def verify(*, head: Head | None = None) -> Report:
    """Check every sealed entry, and that the chain still holds a head that somebody kept."""
    report = Report(waiting=AuditEntry.objects.filter(sequence=None).count())
    kept = ""
    for entry in _sealed():
        _check(entry, report)
        if head and entry.sequence == head.sequence:
            kept = entry.chain
    _check_erasures(report)
    if head and head.sequence > report.head.sequence:
        report.add(f"The chain reached entry {head.sequence} and ends at {report.head.sequence}: the end is missing.")
    elif head and head.sequence and kept != head.chain:
        report.add(f"Entry {head.sequence} is not the one that was kept: the chain was made anew.")
    return report


def _seal_batch() -> int:
    """Seal some entries. Locks them before it looks for the head, so that two at once make no fork."""
    counted = Q(action__in=rules.COUNTED_ACTIONS, at__gt=clock.now() - STILL_COUNTING)
    waiting = AuditEntry.objects.select_for_update().filter(sequence=None).exclude(counted)
    entries = sorted(waiting[:BATCH], key=lambda entry: entry.id)  # ordered there, SQLite would read the whole log
    head = current_head()
    for entry in entries:
        entry.sequence = head.sequence + 1
        entry.digest = rules.personal_digest(salt=entry.salt, fields=_personal(entry))
        entry.chain = _chain(entry, previous=head.chain)
        head = Head(entry.sequence, entry.chain)
    for entry in entries:  # one by one: bulk_update costs twice as much here
        AuditEntry.objects.filter(id=entry.id).update(sequence=entry.sequence, digest=entry.digest, chain=entry.chain)
    if entries:
        log.info("audit_sealed", entries=len(entries), head=str(head))
    return len(entries)


def _personal(entry: AuditEntry) -> tuple[str, ...]:
    return entry.actor_label, entry.address, entry.user_agent, entry.before, entry.after


def _chain(entry: AuditEntry, *, previous: str) -> str:
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    who = (str(entry.actor_id or ""), entry.actor_role, entry.client, entry.request_id)
    what = (str(entry.id), entry.action, at, entry.subject_kind, entry.subject_id, str(entry.count))
    return rules.chained(previous=previous, sequence=entry.sequence or 0, fields=(*what, *who), digest=entry.digest)


def _sealed() -> Iterator[AuditEntry]:
    """Read the chain in its order, some at a time: a log may be larger than the memory."""
    last, entries = None, AuditEntry.objects.exclude(sequence=None).order_by("sequence")
    while page := list((entries if last is None else entries.filter(sequence__gt=last))[:READ_AT_ONCE]):
        yield from page
        last = page[-1].sequence


def _check(entry: AuditEntry, report: Report) -> None:
    sequence, expected = entry.sequence or 0, report.head.sequence + 1
    name = f"Entry {sequence} ({entry.action}, {entry.id})"
    if sequence != expected:
        report.add(f"Entries {expected} to {sequence - 1} are missing." if sequence > expected else f"{name} is extra.")
    elif entry.chain != _chain(entry, previous=report.head.chain):
        report.add(f"{name} was changed, or stands in another's place.")
    if entry.erased_at:
        report.erased += 1
        if any(_personal(entry)) or entry.salt:
            report.add(f"{name} says that it was erased, and is not blank.")
    elif entry.digest != rules.personal_digest(salt=entry.salt, fields=_personal(entry)):
        report.add(f"{name} was changed: who, from where, or what.")
    report.sealed += 1
    report.head = Head(sequence, entry.chain)


def _check_erasures(report: Report) -> None:
    """Find entries that are blank though no erasure of that moment blanked just these; one that comes meanwhile is left out."""
    told, blank = _erasures(), defaultdict[datetime, list[UUID]](list)
    for at, identity in AuditEntry.objects.exclude(erased_at=None).values_list("erased_at", "id"):
        blank[cast("datetime", at)].append(identity)
    now = _erasures()
    for at in sorted(blank.keys() | told.keys()):
        if told[at] == now[at]:
            _compare(at, blank[at], told[at], report)


def _erasures() -> defaultdict[datetime, list[AuditEntry]]:
    told: defaultdict[datetime, list[AuditEntry]] = defaultdict(list)
    for entry in AuditEntry.objects.filter(action=ERASED).order_by("id"):
        told[entry.at].append(entry)
    return told


def _compare(at: datetime, blank: list[UUID], told: list[AuditEntry], report: Report) -> None:
    erased = sum(_fact(entry, "entries", 0) for entry in told)
    if len(blank) > erased:
        report.add(f"{len(blank)} entries are blank since {at:%Y-%m-%d %H:%M:%S}, but only {erased} were erased then.")
    elif len(told) == 1 and _fact(told[0], "digest", _digest_of(blank)) != _digest_of(blank):
        report.add(f"The entries that are blank since {at:%Y-%m-%d %H:%M:%S} are not those that were erased then.")


def _digest_of(ids: Iterable[UUID]) -> str:
    return hashlib.sha256(b"".join(sorted(identity.bytes for identity in ids))).hexdigest()


def _fact(entry: AuditEntry, name: str, default: Any) -> Any:
    """Return what the entry of an erasure tells; one from before told no digest."""
    try:
        return orjson.loads(entry.after)[name]
    except (ValueError, KeyError, TypeError):
        return default

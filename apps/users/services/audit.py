"""What is written into the audit log: sign-in events here, what staff did by the services' events."""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from apps.users import rules
from apps.users.models import AuditEntry
from kernel import origins
from kernel.codec import encode
from kernel.events.actions import ActionRecorded
from kernel.ids import uuid7
from kernel.topology import database_of
from kernel.transactions import in_transaction

MINUTE = timedelta(minutes=1)
OTHERS = "others"
"""The subject of an entry that counts failures which got no entry of their own."""
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

log = structlog.get_logger(__name__)


def record_event(
    *,
    action: str,
    user_id: UUID | None = None,
    label: str = "",
    role: str = "",
    subject: tuple[str, object] | None = None,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    client: str = "",
    origin: origins.Origin | None = None,
) -> None:
    """Write down what happened at sign-in, with where it came from; it joins the transaction of what it tells of.

    What succeeds is on record, or does not happen. A failure (``rules.COUNTED_ACTIONS``) is counted, and trouble with
    its record changes nothing about the answer.

    :param label: the e-mail address, as far as it is known or was tried; never a password, code or token.
    :param subject: kind and id of what it is about; the account itself when left out.
    :param origin: where it comes from, where that is not the running request.
    """
    is_counted = action in rules.COUNTED_ACTIONS
    label = _tried_address(label) if is_counted else label
    kind, identity = subject or (("user", user_id) if user_id else ("", ""))
    who = {"actor_id": user_id, "actor_label": label, "actor_role": role, "client": client}
    what = {"subject_kind": kind, "subject_id": str(identity), "before": _json(before), "after": _json(after)}
    entry = _entry(id=uuid7(), at=now, action=action, **who, **what, **asdict(origin or origins.current()))
    if not is_counted:
        in_transaction(database_of("users"), lambda: entry.save(force_insert=True))
        return
    try:
        in_transaction(database_of("users"), lambda: _count(entry))
    except DatabaseError:
        log.exception("audit_failure_not_recorded", action=action, address=entry.address)


def keep_action(event: ActionRecorded) -> None:
    """Keep what staff did in any service; told twice, it is kept once."""
    told = {field.name: getattr(event, field.name) for field in fields(event)}
    kept = {name: value for name, value in told.items() if name not in {"version", "entry_id"}}
    AuditEntry.objects.bulk_create([_entry(id=event.entry_id, **kept)], ignore_conflicts=True)


def _entry(**values: Any) -> AuditEntry:
    """Return an entry whose texts fit their columns on every database."""
    clean = {name: _fitting(name, value) if isinstance(value, str) else value for name, value in values.items()}
    return AuditEntry(salt=secrets.token_hex(16), **clean)


def _fitting(name: str, text: str) -> str:
    longest = getattr(AuditEntry._meta.get_field(name), "max_length", None)  # noqa: SLF001 - public API
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)[:longest]


def _tried_address(text: str) -> str:
    """Return what was typed as the name if it may be one: people type a password there, and programs send a token."""
    try:
        validate_email(text)
    except ValidationError:
        return ""
    return "" if rules.begins_as_token(text) else text


def _json(fields: Mapping[str, Any] | None) -> str:
    return json.dumps(encode(dict(fields)), ensure_ascii=False) if fields else ""


def _count(entry: AuditEntry) -> None:
    """Add one to the entry of the same failure in this window, or make it; only so many are made in a minute."""
    entry.id = _id_of_alike(entry)
    if _one_more(entry):
        return
    if entry.action not in rules.PROVEN_ACTIONS and _is_crowded(entry):
        entry.id = _id_of_alike(entry)
        if _one_more(entry):
            return
    if not _is_made(entry) and not _one_more(entry):
        entry.id = uuid7()  # sealed already, by a worker whose clock is ahead
        entry.save(force_insert=True)


def _one_more(entry: AuditEntry) -> bool:
    same = AuditEntry.objects.filter(id=entry.id, sequence=None)
    return bool(same.update(count=F("count") + 1))


def _is_made(entry: AuditEntry) -> bool:
    try:
        with transaction.atomic(using=database_of("users")):
            entry.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _is_crowded(entry: AuditEntry) -> bool:
    """Turn the entry into the one that counts the rest, once a network or everybody made enough entries."""
    recent = AuditEntry.objects.filter(
        at__gt=entry.at - MINUTE, action__in=rules.COUNTED_ACTIONS - rules.PROVEN_ACTIONS
    )
    addresses = list(recent.values_list("address", flat=True)[: rules.FAILURES_PER_MINUTE])
    network = rules.network_of(entry.address)
    if len(addresses) == rules.FAILURES_PER_MINUTE:
        entry.address = ""
    elif [rules.network_of(address) for address in addresses].count(network) >= rules.FAILURES_PER_NETWORK:
        entry.address = network
    else:
        return False
    entry.actor_id, entry.actor_label, entry.actor_role, entry.client = None, "", "", ""
    entry.user_agent, entry.request_id, entry.before, entry.after = "", "", "", ""
    entry.subject_kind, entry.subject_id = OTHERS, ""
    return True


def _id_of_alike(entry: AuditEntry) -> UUID:
    """Return the same id for the same failure in the same window; without the secret key it tells nothing."""
    began = rules.counting_window(entry.at)
    who = (entry.actor_id, entry.actor_label, entry.address, entry.client)
    what = (entry.action, entry.subject_kind, entry.subject_id, entry.after)
    same = json.dumps([began, *map(str, who), *what])
    digest = int.from_bytes(salted_hmac("users.audit.alike", same, algorithm="sha256").digest()[:16])
    random = digest & ~(0xFFFF_FFFF_FFFF << 80) & ~(0xF << 76) & ~(0b11 << 62)
    return UUID(int=began * 1000 << 80 | 0x7 << 76 | 0b10 << 62 | random)

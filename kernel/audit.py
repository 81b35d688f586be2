"""What staff does is told to the audit log, in the transaction of the change: both are kept, or neither."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypedDict

import orjson

from kernel import origins
from kernel.actors import Actor, Role
from kernel.codec import encode
from kernel.events.actions import ActionRecorded
from kernel.events.publish import publish
from kernel.ids import uuid7

MOST = 300
"""Of longer lists the log keeps so many elements."""
LONGEST = 300
"""Longer texts are cut in the log; a digest of the whole tells that what stands behind the cut is another."""


class Difference(TypedDict):
    """What changed, as :func:`record` takes it."""

    before: dict[str, Any]
    after: dict[str, Any]


def seen(row: object, names: Iterable[str]) -> dict[str, Any]:
    """Return these attributes of a thing as they are now."""
    return {name: getattr(row, name) for name in names}


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """Return what is not the same any more."""
    changed = [name for name in after if before.get(name) != after[name]]
    return {"before": {name: before.get(name) for name in changed}, "after": {name: after[name] for name in changed}}


def record(
    kind: type[ActionRecorded],
    action: str,
    *,
    about: tuple[str, object],
    actor: Actor,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Tell the audit log what staff or a machine did; what people do with their own things is not its business.

    :param about: kind and id of the thing, such as ``("order", order.id)``.
    """
    if not actor.is_staff or actor.role is Role.SYSTEM:
        return
    origin = origins.current()
    publish(
        kind(
            version=1,
            entry_id=uuid7(),
            at=now,
            action=action,
            actor_id=actor.id,
            actor_label=actor.label,
            actor_role=actor.role.value,
            client=actor.client,
            address=origin.address,
            user_agent=origin.user_agent,
            request_id=origin.request_id,
            subject_kind=about[0],
            subject_id=str(about[1]),
            before=_json(before),
            after=_json(after),
        )
    )


def _json(fields: Mapping[str, Any] | None) -> str:
    return orjson.dumps({name: _short(encode(value)) for name, value in (fields or {}).items()}).decode()


def _short(value: Any) -> Any:
    """Cut texts one by one: nobody hides one address of many behind the others."""
    if isinstance(value, dict):
        return {name: _short(inner) for name, inner in value.items()}
    if isinstance(value, list):
        rest = [f"... ({len(value)} elements, {_digest(orjson.dumps(value))})"] if len(value) > MOST else []
        return [_short(inner) for inner in value[:MOST]] + rest
    if not isinstance(value, str) or len(value) <= LONGEST:
        return value
    return f"{value[:LONGEST]}... ({len(value)} characters, {_digest(value.encode(errors='replace'))})"


def _digest(content: bytes) -> str:
    return f"SHA-256 {hashlib.sha256(content).hexdigest()[:16]}"

"""Whatever staff writes by the API is told to the audit log, once; the operations come from the OpenAPI file."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from apps.users.models import AuditEntry
from kernel.models import OutboxRow
from tests.integration.api.test_bad_input import JSON, Judge, Write, complete, judge

__all__ = ["judge"]

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]

OWN_THINGS = {
    "/api/v1/addresses/",
    "/api/v1/carts/",
    "/api/v1/orders/",
    "/api/v1/users/me/",
}
"""What everybody does with his own: saving an address, filling a cart, placing an order is no work of staff."""
NOT_OWN = {
    "/api/v1/orders/{id}/cancel/",
    "/api/v1/orders/{id}/fulfilments/",
    "/api/v1/orders/{id}/notes/",
    "/api/v1/orders/{id}/pay/",
    "/api/v1/orders/{id}/refunds/",
}
"""Below an address of one's own things, what staff does to those of others."""
OTHER_BODIES = {"PATCH /api/v1/users/{id}/": {"name": "Somebody Else"}}
"""Where the example of the schema changes nothing, and so nothing is on record."""


def bodiless(judge: Judge) -> Iterator[Write]:
    """Return every operation that writes without a body."""
    for path, methods in judge.schema["paths"].items():
        names = {
            "id": judge.ids.get(path.split("/")[3], ""),
            "line_id": judge.ids["line_id"],
            "sku": judge.ids["stock"],
        }
        for method, operation in methods.items():
            is_write = method in {"post", "put", "patch", "delete"}
            if is_write and not operation.get("requestBody", {}).get("content"):
                names |= dict.fromkeys(("user_id",), judge.ids["users"])
                yield Write(method=method, path=path, url=path.format(**names), kind=JSON, part={}, body={})


def recorded_by(judge: Judge, write: Write) -> tuple[int, int]:
    """Return the status of a write, and how many records it made; then take it back."""
    before = AuditEntry.objects.count(), OutboxRow.objects.count()
    with transaction.atomic():
        content: Any = OTHER_BODIES.get(str(write)) or complete(write)
        headers = {"Idempotency-Key": "staff"}
        call = getattr(judge.client, write.method)
        answer = call(write.url, content, format="json" if write.kind == JSON else "multipart", headers=headers)
        entries = AuditEntry.objects.count() - before[0]
        events = OutboxRow.objects.filter(type__endswith=".action_recorded.v1").count()
        transaction.set_rollback(True)
    return answer.status_code, entries + events


def is_own(path: str) -> bool:
    return path not in NOT_OWN and any(path.startswith(start) for start in OWN_THINGS)


def test_every_write_of_staff_is_on_record_once(judge: Judge) -> None:
    OutboxRow.objects.get_queryset().delete()
    found = {str(write): (write.path, *recorded_by(judge, write)) for write in [*judge.writes(), *bodiless(judge)]}
    done = {name: (path, count) for name, (path, status, count) in found.items() if status < 300}

    assert {name: count for name, (path, count) in done.items() if not is_own(path) and count != 1} == {}
    assert {name: count for name, (path, count) in done.items() if is_own(path) and count != 0} == {}
    assert len([name for name, (path, _count) in done.items() if not is_own(path)]) > 25, found

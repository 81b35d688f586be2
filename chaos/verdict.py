"""The verdict: waits until the shop is quiet, then holds its tables against the ledger of what customers were told.

``python -m chaos.verdict LEDGER SECONDS`` runs with the shop's environment, without any fault, and prints JSON.
"""

import json
import os
import sys
import time
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import django

from chaos.table import Finding


def wait_until_quiet(seconds: float) -> tuple[float, list[str]]:
    """Wait until nothing is under way any more; return how long it took, and what was left."""
    began = time.monotonic()
    left = _under_way()
    while left and time.monotonic() - began < seconds:
        time.sleep(0.2)
        left = _under_way()
    return time.monotonic() - began, left


def _under_way() -> list[str]:
    from apps.notifications.models import Message
    from apps.orders.models.orders import Order
    from apps.orders.models.refunds import Refund, RefundState
    from apps.products.models.stock import Reservation
    from chaos.invariants.effects import not_handled
    from kernel import clock
    from kernel.models import InboxRow, OutboxRow

    now = clock.now()
    queries = {
        "events in the outbox": OutboxRow.objects.all(),
        "events to try again": InboxRow.objects.filter(status=InboxRow.Status.RETRY),
        "mails to send": Message.objects.filter(status=Message.Status.QUEUED),
        # What waits for a card lives seconds here; anything that waits longer waits for the bank, for days.
        "orders that wait for a card": Order.objects.filter(
            status="open", expires_at__isnull=False, expires_at__lt=now + timedelta(hours=1)
        ),
        "refunds that providers have to give": Refund.objects.filter(state=RefundState.REQUESTED),
        "holds that ran out": Reservation.objects.filter(state="held", expires_at__lt=now),
    }
    waiting = {what: query.count() for what, query in queries.items()} | {"handlings of events": not_handled()}
    return [f"{count} {what}" for what, count in waiting.items() if count]


def main(arguments: list[str]) -> None:
    """Wait, look, and print."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saluhall.settings")
    django.setup()
    from chaos.invariants import look

    ledger, seconds = Path(arguments[0]), float(arguments[1])
    waited, left = wait_until_quiet(seconds)
    from kernel.doctor import all_checks, examine

    results = examine(all_checks(), pause=1)
    sick = [f"{result.check.name}: {one.about}: {one.problem}" for result in results for one in result.findings]
    findings = [
        Finding(what=f"quiet within {seconds:g} s", counted=1, violations=left),
        *look(ledger),
        Finding(what="manage.py doctor", counted=len(results), violations=sick),
    ]
    print(json.dumps({"waited": waited, "findings": [asdict(one) for one in findings]}))


if __name__ == "__main__":
    main(sys.argv[1:])

"""Periodic jobs run in one process at a time; the worker delivers what committed without being asked."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connections
from structlog.testing import capture_logs

from kernel import leases, periodic
from kernel.events import receiving, relay
from kernel.events.transport import BrokerAwayError, NotNowError
from kernel.events.worker import Worker, _Complaints, run_job
from kernel.models import IdempotencyRow, InboxRow, Lease
from kernel.periodic import Job, every
from kernel.retention import forget_old_rows
from tests.unit.kernel.factories import NOON, IdempotencyRowFactory, InboxRowFactory

pytestmark = pytest.mark.django_db(transaction=True)


def job(function: Callable[[], object], *, is_alone: bool = True) -> Job:
    return Job("default.test_job", function, timedelta(minutes=5), is_alone)


def test_a_job_runs_once_in_its_rhythm_whoever_asks(stop_clock: Callable[[datetime], None]) -> None:
    ran: list[int] = []
    mine = job(lambda: ran.append(1))

    stop_clock(NOON)
    run_job(mine)
    stop_clock(NOON + timedelta(minutes=1))
    run_job(mine)
    stop_clock(NOON + timedelta(minutes=6))
    run_job(mine)

    assert len(ran) == 2


def test_a_job_that_fails_gives_its_turn_back(stop_clock: Callable[[datetime], None]) -> None:
    def fail() -> None:
        raise ValueError("broken")

    stop_clock(NOON)
    run_job(job(fail))

    assert Lease.objects.get().held_until == NOON


def test_a_job_of_a_process_that_was_killed_is_taken_over_within_two_minutes(
    stop_clock: Callable[[datetime], None],
) -> None:
    ran: list[int] = []
    mine = Job("default.test_job", lambda: ran.append(1), timedelta(minutes=1), is_alone=True)

    stop_clock(NOON)
    leases.take(mine)
    stop_clock(NOON + timedelta(seconds=59))
    run_job(mine)
    meanwhile = len(ran)
    stop_clock(NOON + timedelta(seconds=61))
    run_job(mine)

    assert (meanwhile, len(ran)) == (0, 1)


def test_a_long_job_stays_with_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "HOLD", timedelta(seconds=2))
    until: list[datetime] = []

    def be_long() -> None:
        until.append(Lease.objects.get().held_until)
        end = time.monotonic() + 10
        while (now := Lease.objects.get().held_until) == until[0] and time.monotonic() < end:
            threading.Event().wait(0.05)
        until.append(now)

    run_job(job(be_long))

    assert until[1] > until[0]
    assert Lease.objects.get().held_until < until[1]


def test_who_slept_too_long_does_not_give_back_what_another_has(stop_clock: Callable[[datetime], None]) -> None:
    mine = job(lambda: None)
    stop_clock(NOON)
    held = leases.take(mine)
    assert held is not None

    with held.kept():
        stop_clock(NOON + timedelta(minutes=6))
        assert leases.take(mine) is not None

    assert Lease.objects.get().held_until == NOON + timedelta(minutes=6) + leases.HOLD


def test_a_turn_by_a_clock_that_was_wrong_keeps_nobody_from_the_next(stop_clock: Callable[[datetime], None]) -> None:
    ran: list[int] = []
    mine = job(lambda: ran.append(1))

    stop_clock(NOON + timedelta(days=365))
    run_job(mine)
    stop_clock(NOON)
    run_job(mine)

    assert ran == [1, 1]


def test_what_a_broker_sent_is_kept_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def be_away(*_arguments: object, **_options: object) -> None:
        raise OperationalError("connection refused")

    worker, complaints = Worker(), _Complaints()
    monkeypatch.setattr("kernel.events.worker.TROUBLE_PAUSE", 0.0)
    monkeypatch.setattr(receiving, "deliver", be_away)

    with capture_logs() as logs:
        for _ in range(3):
            with pytest.raises(NotNowError):
                worker._handle("default", complaints, [])

    assert [entry["error"] for entry in logs] == ["connection refused"]


def test_a_job_that_locks_its_own_rows_needs_no_lease() -> None:
    ran: list[int] = []

    for _ in range(2):
        run_job(job(lambda: ran.append(1), is_alone=False))

    assert ran == [1, 1]
    assert not Lease.objects.exists()


def test_two_processes_that_want_the_same_job_do_it_once() -> None:
    ran: list[int] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        run_job(job(lambda: ran.append(1)))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ran == [1]


def test_old_rows_are_forgotten_and_young_ones_and_failures_stay(stop_clock: Callable[[datetime], None]) -> None:
    stop_clock(NOON)
    old_key = IdempotencyRowFactory(created_at=NOON - timedelta(hours=49))
    young_key = IdempotencyRowFactory(created_at=NOON - timedelta(hours=47))
    InboxRowFactory(handled_at=NOON - timedelta(days=22))
    dead = InboxRowFactory(handled_at=NOON - timedelta(days=99), status="dead")

    count = forget_old_rows()

    assert count == 2
    assert list(IdempotencyRow.objects.all()) == [young_key]
    assert list(InboxRow.objects.all()) == [dead]
    assert old_key.pk is not None


def test_the_worker_does_its_jobs_and_stops_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    relayed = threading.Event()
    monkeypatch.setattr(periodic, "_jobs", {})
    every(seconds=1, is_alone=False)(done.set)

    def once(_alias: str, _transport: object) -> int:
        relayed.set()
        return 0

    monkeypatch.setattr(relay, "relay_once", once)
    worker = Worker()
    worker.start()

    assert done.wait(10)
    assert relayed.wait(10)
    began = time.monotonic()
    worker.stop()
    assert time.monotonic() - began < 10


def test_a_loop_that_waits_for_the_same_says_so_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    troubles = ["refused", "refused", "refused", "reset", "reset"]
    worker = Worker()
    monkeypatch.setattr("kernel.events.worker.TROUBLE_PAUSE", 0.0)

    def fail() -> None:
        trouble = troubles.pop(0)
        if not troubles:
            worker._stopping.set()
        raise BrokerAwayError(trouble)

    with capture_logs() as logs:
        worker._keep_going(fail)

    assert [entry["error"] for entry in logs if entry["event"] == "worker_waits"] == ["refused", "reset"]


def test_a_loop_that_waits_on_says_so_again(monkeypatch: pytest.MonkeyPatch) -> None:
    left = [1, 2, 3]
    worker = Worker()
    monkeypatch.setattr("kernel.events.worker.TROUBLE_PAUSE", 0.0)
    monkeypatch.setattr("kernel.events.worker.SAY_AGAIN", 0.0)

    def fail() -> None:
        left.pop()
        if not left:
            worker._stopping.set()
        raise BrokerAwayError("refused")

    with capture_logs() as logs:
        worker._keep_going(fail)

    assert [entry["error"] for entry in logs] == ["refused"] * 3


def test_a_name_may_be_registered_once() -> None:
    names: list[Any] = [one.name for one in periodic.all_jobs()]

    assert len(names) == len(set(names))
    assert "default.forget_old_rows" in names

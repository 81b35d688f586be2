"""The chain of the audit log: sealed by a worker, checked by anybody, and whole after an erasure by law."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.db.models import F
from structlog.testing import capture_logs

from apps.users import rules
from apps.users.models import AuditEntry
from apps.users.services.audit import record_event
from apps.users.services.audit_chain import Head, current_head, erase_person, seal_entries, verify
from kernel.ids import uuid7
from tests.fixtures import NOON

ANN = UUID("01972a5e-0000-7000-8000-0000000000aa")
BEN = UUID("01972a5e-0000-7000-8000-0000000000bb")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def ten(db: None) -> None:
    """Ten entries, sealed."""
    write(10)
    assert seal_entries() == 10


def write(number: int, *, user_id: UUID = ANN, label: str = "ann@example.com") -> None:
    for second in range(number):
        at = NOON - timedelta(hours=1) + timedelta(seconds=second)
        record_event(action="signed_in", user_id=user_id, label=label, role="admin", now=at)


def entry(sequence: int) -> Any:
    return AuditEntry.objects.filter(sequence=sequence)


def swap(first: int, second: int) -> None:
    entry(first).update(sequence=-1)
    entry(second).update(sequence=first)
    entry(-1).update(sequence=second)


def insert(sequence: int) -> None:
    copied = entry(sequence).get()
    for later in range(10, sequence - 1, -1):
        entry(later).update(sequence=later + 1)
    copied.id = uuid7()
    copied.save(force_insert=True)


def audit(*arguments: str) -> str:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("audit", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return f"{err.getvalue()}exit code {error.returncode}: {error}"
    return out.getvalue()


def test_entries_are_sealed_in_their_order_without_a_gap(ten: None) -> None:
    sealed = list(AuditEntry.objects.order_by("at"))

    assert [one.sequence for one in sealed] == list(range(1, 11))
    assert len({one.chain for one in sealed}) == 10
    assert all(before.id < after.id for before, after in pairwise(sealed))
    assert verify().findings == []


def test_more_than_one_batch_is_sealed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.users.services.audit_chain.BATCH", 3)
    write(10)

    assert seal_entries() == 10
    assert seal_entries() == 0
    assert verify().sealed == 10
    assert verify().findings == []


def test_each_seal_logs_the_head_so_that_it_is_kept_elsewhere() -> None:
    write(2)

    with capture_logs() as logs:
        seal_entries()

    assert [line for line in logs if line["event"] == "audit_sealed"] == [
        {"event": "audit_sealed", "log_level": "info", "entries": 2, "head": str(current_head())}
    ]


@pytest.mark.parametrize(
    ("tamper", "finding"),
    [
        (lambda: entry(4).update(action="signed_out"), "Entry 4 (signed_out, "),
        (lambda: entry(4).update(at=NOON), "Entry 4 "),
        (lambda: entry(4).update(actor_id=BEN), "Entry 4 "),
        (lambda: entry(4).update(actor_role="regular"), "Entry 4 "),
        (lambda: entry(4).update(client="other"), "Entry 4 "),
        (lambda: entry(4).update(request_id="other"), "Entry 4 "),
        (lambda: entry(4).update(subject_kind="order"), "Entry 4 "),
        (lambda: entry(4).update(subject_id="7"), "Entry 4 "),
        (lambda: entry(4).update(count=F("count") + 1), "Entry 4 "),
        (lambda: entry(4).update(id=uuid7()), "Entry 4 "),
        (lambda: entry(4).update(actor_label="ben@example.com"), "Entry 4 "),
        (lambda: entry(4).update(address="192.0.2.9"), "Entry 4 "),
        (lambda: entry(4).update(user_agent="Lynx"), "Entry 4 "),
        (lambda: entry(4).update(before="{}"), "Entry 4 "),
        (lambda: entry(4).update(after="{}"), "Entry 4 "),
        (lambda: entry(4).update(salt=""), "Entry 4 "),
        (lambda: entry(4).update(digest=rules.NO_CHAIN), "Entry 4 "),
        (lambda: entry(4).update(chain=rules.NO_CHAIN), "Entry 4 "),
        (lambda: entry(4).update(erased_at=NOON), "Entry 4 "),
        (lambda: entry(4).delete(), "Entries 4 to 4 are missing."),
        (lambda: AuditEntry.objects.filter(sequence__range=(4, 6)).delete(), "Entries 4 to 6 are missing."),
        (lambda: entry(1).delete(), "Entries 1 to 1 are missing."),
        (lambda: entry(4).update(sequence=None), "Entries 4 to 4 are missing."),
        (lambda: entry(4).update(sequence=-4), "Entry -4 "),
        (lambda: swap(4, 8), "Entry 4 "),
        (lambda: insert(4), "Entry 4 "),
    ],
)
def test_what_was_changed_taken_out_put_in_or_moved_is_found_and_named(
    ten: None, tamper: Callable[[], object], finding: str
) -> None:
    tamper()

    answer = audit("verify")

    assert answer.startswith(finding)
    assert "exit code 1" in answer


def test_entries_after_one_that_was_changed_are_not_blamed(ten: None) -> None:
    entry(4).update(action="signed_out")

    assert len(verify().findings) == 1


def test_a_whole_log_is_said_to_be_whole(ten: None) -> None:
    write(1)

    assert audit("head") == f"{current_head()}\n"
    assert audit("verify") == (
        "The audit log is whole: 10 sealed, 0 of them erased by law, 1 waiting to be sealed. "
        f"Head: 10:{entry(10).get().chain}\n"
    )


def test_a_head_that_was_kept_shows_that_the_newest_entries_are_gone(ten: None) -> None:
    kept = audit("head").strip()
    AuditEntry.objects.filter(sequence__gt=7).delete()

    assert "The audit log is whole" in audit("verify")
    assert audit("verify", "--head", kept).startswith("The chain reached entry 10 and ends at 7: the end is missing.")


def test_a_head_that_was_kept_shows_that_the_chain_was_made_anew(ten: None) -> None:
    kept = audit("head").strip()
    entry(4).update(action="signed_out")
    AuditEntry.objects.update(sequence=None)
    seal_entries()

    assert "The audit log is whole" in audit("verify")
    assert audit("verify", "--head", kept).startswith("Entry 10 is not the one that was kept: the chain was made anew.")


def test_an_older_head_is_good_while_the_chain_grows(ten: None) -> None:
    kept = audit("head").strip()
    write(5)
    seal_entries()

    assert audit("verify", "--head", kept).startswith("The audit log is whole: 15 sealed")


@pytest.mark.parametrize("text", ["", "7", "x:y", "7:abc", f"-7:{rules.NO_CHAIN}"])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="A head looks like"):
        Head.parse(text)


def test_an_empty_log_is_whole() -> None:
    assert audit("head") == f"0:{rules.NO_CHAIN}\n"
    assert audit("verify", "--head", f"0:{rules.NO_CHAIN}").startswith("The audit log is whole: 0 sealed")


def test_a_person_is_erased_and_the_chain_holds(ten: None) -> None:
    write(1, user_id=BEN, label="ben@example.com")
    record_event(action="sign_in_failed", label="ann@example.com", now=NOON - timedelta(hours=2))
    record_event(
        action="account_changed",
        user_id=BEN,
        label="ben@example.com",
        subject=("user", ANN),
        now=NOON,
        before={"name": "Ann"},
    )
    seal_entries()

    assert erase_person(user_id=ANN, emails=["Ann@example.com"], now=NOON) == 12

    seal_entries()
    assert "ann" not in str(list(AuditEntry.objects.values())).lower()
    assert AuditEntry.objects.filter(actor_label="ben@example.com").count() == 1
    assert audit("verify").startswith("The audit log is whole: 14 sealed, 12 of them erased by law")


def test_what_somebody_did_while_working_here_stays_when_the_person_is_erased() -> None:
    subjects = (("order", uuid7()), ("user", BEN), ("user", ANN), ("token", uuid7()))
    for subject in subjects:
        record_event(action="order_refunded", user_id=ANN, label="ann@example.com", subject=subject, now=NOON)
    seal_entries()

    assert erase_person(user_id=ANN, emails=["ann@example.com"], now=NOON) == 2

    seal_entries()
    kept = AuditEntry.objects.filter(actor_label="ann@example.com").values_list("subject_kind", "subject_id")
    assert set(kept) == {(kind, str(identity)) for kind, identity in subjects[:2]}
    assert audit("verify").startswith("The audit log is whole: 5 sealed, 2 of them erased by law")


@pytest.mark.parametrize("kind", ["session", "program"])
def test_nothing_of_ones_own_sessions_and_programs_is_left_after_an_erasure(kind: str) -> None:
    told = {"user_agent": "Ann's browser", "address": "192.0.2.7"}
    record_event(action="told", user_id=ANN, label="ann@example.com", subject=(kind, "1"), now=NOON, before=told)

    erase_person(user_id=ANN, now=NOON)

    blank = AuditEntry.objects.get(action="told")
    assert (blank.actor_label, blank.address, blank.before) == ("", "", "")


def test_what_is_erased_before_it_is_sealed_is_sealed_blank() -> None:
    write(3)
    erase_person(user_id=ANN, now=NOON)

    assert seal_entries() == 4
    assert audit("verify").startswith("The audit log is whole: 4 sealed, 3 of them erased by law")


def test_an_erasure_that_is_not_on_record_is_found(ten: None) -> None:
    blank = {"actor_label": "", "address": "", "user_agent": "", "before": "", "after": "", "salt": ""}
    entry(4).update(**blank, erased_at=NOON)

    assert audit("verify").startswith("1 entries are blank since 2026-06-01 12:00:00, but only 0 were erased then.")


def test_nor_is_the_moment_of_an_erasure_another_unseen(ten: None) -> None:
    erase_person(user_id=ANN, now=NOON)
    seal_entries()
    entry(4).update(erased_at=NOON + timedelta(days=1))

    assert "1 entries are blank since 2026-06-02 12:00:00, but only 0 were erased then." in audit("verify")


def test_an_erasure_lends_its_place_to_no_other_entry(ten: None) -> None:
    record_event(action="sign_in_failed", user_id=ANN, label="ann@example.com", now=NOON)  # waits to be sealed
    erase_person(user_id=ANN, now=NOON)
    write(1)
    seal_entries()
    blank = {"actor_label": "", "address": "", "user_agent": "", "before": "", "after": "", "salt": ""}
    AuditEntry.objects.filter(action="sign_in_failed", sequence=None).delete()
    AuditEntry.objects.exclude(sequence=None).filter(erased_at=None).exclude(action="personal_data_erased").update(
        **blank, erased_at=NOON
    )

    assert audit("verify").startswith("The entries that are blank since 2026-06-01 12:00:00 are not those")


def test_an_erasure_that_comes_while_the_log_is_read_is_no_finding(ten: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.users.services import audit_chain

    read = audit_chain._erasures

    def read_and_erase() -> Any:
        found = read()
        erase_person(user_id=ANN, now=NOON)
        return found

    monkeypatch.setattr(audit_chain, "_erasures", read_and_erase)

    assert verify().findings == []


def test_a_person_is_erased_once(ten: None) -> None:
    assert erase_person(user_id=ANN, now=NOON) == 10
    assert erase_person(user_id=ANN, now=NOON) == 0
    assert AuditEntry.objects.filter(action="personal_data_erased").count() == 1


def test_failures_are_sealed_when_they_are_counted_to_the_end() -> None:
    record_event(action="sign_in_failed", label="ann@example.com", now=NOON - timedelta(minutes=19))
    record_event(action="sign_in_failed", label="ann@example.com", now=NOON - timedelta(minutes=21))

    assert seal_entries() == 1
    assert AuditEntry.objects.get(sequence=1).at == NOON - timedelta(minutes=21)


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_seal_at_once_make_no_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.users.services.audit_chain.BATCH", 7)
    write(100)

    def seal(_number: int) -> None:
        try:
            seal_entries()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(seal, range(4)))

    assert verify().sealed == 100
    assert verify().findings == []

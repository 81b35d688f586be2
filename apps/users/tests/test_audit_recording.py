"""What gets into the audit log: sign-in events, changes by staff, and floods of failures as a number."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, connections, transaction
from django.db.models import Sum

from apps.users.handlers import keep_orders_action
from apps.users.models import AuditEntry
from apps.users.services.audit import record_event
from contracts.orders import OrdersAction
from kernel.origins import NOWHERE, Origin, remember
from kernel.topology import database_of
from tests.fixtures import NOON

ENTRY_ID = UUID("01972a5e-0000-7000-8000-000000000001")
ADMIN_ID = UUID("01972a5e-0000-7000-8000-0000000000aa")
REFUNDED = OrdersAction(
    version=1,
    entry_id=ENTRY_ID,
    at=NOON,
    action="order_refunded",
    actor_id=ADMIN_ID,
    actor_label="admin@example.com",
    actor_role="admin",
    client="Ledger",
    address="192.0.2.7",
    user_agent="Firefox",
    request_id="r-1",
    subject_kind="order",
    subject_id="42",
    before="{}",
    after='{"amount":{"amount":"5.00","currency":"EUR"}}',
)


@pytest.fixture(autouse=True)
def _from_somewhere() -> Iterator[None]:
    come_from("192.0.2.7")
    yield
    remember(NOWHERE)


def come_from(address: str) -> None:
    remember(Origin(address=address, user_agent="Firefox", request_id="r-1"))


def fail(*, label: str = "ann@example.com", seconds: float = 0) -> None:
    record_event(action="sign_in_failed", label=label, now=NOON + timedelta(seconds=seconds))


def counts() -> list[int]:
    return list(AuditEntry.objects.order_by("at", "id").values_list("count", flat=True))


@pytest.mark.django_db
def test_a_sign_in_event_says_who_from_where_and_with_what() -> None:
    record_event(
        action="signed_in", user_id=ADMIN_ID, label="admin@example.com", role="admin", now=NOON, after={"by": ["totp"]}
    )

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.at, entry.actor_id, entry.actor_label) == (
        "signed_in",
        NOON,
        ADMIN_ID,
        "admin@example.com",
    )
    assert (entry.address, entry.user_agent, entry.request_id) == ("192.0.2.7", "Firefox", "r-1")
    assert (entry.subject_kind, entry.subject_id, entry.after) == ("user", str(ADMIN_ID), '{"by": ["totp"]}')
    assert (entry.sequence, entry.chain, len(entry.salt)) == (None, "", 32)


@pytest.mark.django_db
def test_an_action_of_staff_is_kept_once_however_often_it_is_told() -> None:
    keep_orders_action(REFUNDED)
    keep_orders_action(REFUNDED)

    entry = AuditEntry.objects.get()
    assert (entry.id, entry.action, entry.subject_kind, entry.subject_id) == (ENTRY_ID, "order_refunded", "order", "42")
    assert (entry.client, entry.after) == ("Ledger", '{"amount":{"amount":"5.00","currency":"EUR"}}')


@pytest.mark.django_db
def test_no_text_of_a_stranger_breaks_the_record() -> None:
    remember(Origin(address="192.0.2.7", user_agent="\x00" * 400, request_id="r" * 100))

    record_event(action="signed_out", label="\ud800" + "a" * 300, now=NOON)

    entry = AuditEntry.objects.get()
    assert (len(entry.actor_label), len(entry.user_agent), len(entry.request_id)) == (254, 300, 64)
    assert entry.actor_label.startswith("\N{REPLACEMENT CHARACTER}aaa")


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_no_entry() -> None:
    with transaction.atomic(using=database_of("users")):
        record_event(action="password_changed", user_id=ADMIN_ID, now=NOON)
        keep_orders_action(REFUNDED)
        transaction.set_rollback(True, using=database_of("users"))

    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_alike_failures_are_one_entry_with_a_number() -> None:
    for second in range(12):
        fail(seconds=second)
    fail(label="ben@example.com")
    come_from("198.51.100.1")
    fail()

    assert sorted(counts()) == [1, 1, 12]


@pytest.mark.django_db
def test_after_ten_minutes_a_new_entry_counts() -> None:
    fail(seconds=599)
    fail(seconds=599)
    fail(seconds=600)

    assert counts() == [2, 1]


@pytest.mark.django_db
def test_thousands_of_failures_make_few_entries_and_each_is_counted() -> None:
    for number in range(2_000):
        fail(label=f"guess-{number}@example.com" if number % 2 else "ann@example.com")

    assert AuditEntry.objects.count() == 31
    assert AuditEntry.objects.aggregate(all=Sum("count"))["all"] == 2_000
    assert AuditEntry.objects.get(subject_kind="others").address == "192.0.2.7"


@pytest.mark.django_db
def test_no_flood_hides_which_program_signed_in() -> None:
    for number in range(40):
        fail(label=f"{number}@example.com")

    record_event(action="program_signed_in", subject=("program", "till"), client="Till", now=NOON)

    assert AuditEntry.objects.get(action="program_signed_in").client == "Till"


@pytest.mark.django_db
def test_addresses_of_one_ipv6_network_are_one_stranger() -> None:
    for number in range(100):
        come_from(f"2001:db8:0:7::{number:x}")
        fail()

    assert AuditEntry.objects.count() == 31
    rest = AuditEntry.objects.get(subject_kind="others")
    assert (rest.address, rest.count) == ("2001:db8:0:7::/64", 70)


@pytest.mark.django_db
def test_a_thousand_networks_at_once_make_so_many_entries_a_minute_and_no_more() -> None:
    for number in range(1_000):
        come_from(f"10.0.{number // 250}.{number % 250}")
        fail(seconds=number / 100)

    assert AuditEntry.objects.count() == 601
    rest = AuditEntry.objects.get(subject_kind="others")
    assert (rest.address, rest.count) == ("", 400)


@pytest.mark.django_db
def test_a_counted_entry_that_is_sealed_grows_no_more() -> None:
    fail()
    AuditEntry.objects.update(sequence=1)

    fail()
    fail()

    assert sorted(AuditEntry.objects.values_list("sequence", "count"), key=str) == [(1, 1), (None, 1), (None, 1)]


@pytest.mark.django_db(transaction=True)
def test_parallel_failures_are_counted_exactly() -> None:
    def storm(number: int) -> None:
        come_from("192.0.2.7")
        try:
            for _ in range(20):
                fail(label=f"guess-{number % 2}@example.com")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(storm, range(8)))

    assert sorted(counts()) == [80, 80]


@pytest.mark.django_db(transaction=True)
def test_a_failure_that_cannot_be_written_breaks_no_answer_but_a_success_is_written_or_does_not_happen() -> None:
    alias = database_of("users")
    with connections[alias].schema_editor() as editor:
        editor.alter_db_table(AuditEntry, "users_auditentry", "users_auditentry_away")

    try:
        fail()
        with pytest.raises(DatabaseError):
            record_event(action="signed_in", user_id=ADMIN_ID, now=NOON)
    finally:
        with connections[alias].schema_editor() as editor:
            editor.alter_db_table(AuditEntry, "users_auditentry_away", "users_auditentry")

    assert not AuditEntry.objects.exists()

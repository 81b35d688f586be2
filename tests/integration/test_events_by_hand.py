"""What an operator does about events, by page, by API and on the command line: one, the ticked ones, a span; on record."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from kernel.ids import uuid7
from kernel.models import ArchiveRow, InboxRow, OutboxRow
from tests.unit.kernel.factories import NOON, ArchiveRowFactory, InboxRowFactory, OutboxRowFactory

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
REPLAY, REFILL = "/api/v1/events/replay/", "/api/v1/events/refill/"
Recorded = Callable[[], list[Any]]


@pytest.fixture
def office(client: Client, staff: Any) -> Client:
    client.force_login(staff)
    return client


@pytest.fixture
def program(api: APIClient, staff: Any) -> APIClient:
    api.force_authenticate(staff)
    return api


def dead(**values: Any) -> InboxRow:
    row: InboxRow = InboxRowFactory(status="dead", attempts=10, error="ValueError: never", **values)
    return row


def waits_again(row: InboxRow) -> bool:
    row.refresh_from_db()
    return (row.status, row.attempts) == ("retry", 1) and row.not_before is not None


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("events", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_moment_beyond_all_years_is_no_moment(office: Client, moment: str) -> None:
    for address in ("/office/events/", "/office/events/waiting/"):
        assert office.get(address, {"since": moment}).status_code == 400, address


def test_two_who_send_the_same_again_at_once_send_it_once() -> None:
    copies = ArchiveRowFactory.create_batch(2)
    twin: list[int] = []

    def be_overtaken(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if not twin and sql.startswith("INSERT") and "kernel_outbox" in sql:
            twin.append(1)
            OutboxRowFactory(event_id=copies[0].event_id)
        return execute(sql, *rest)

    with connection.execute_wrapper(be_overtaken):
        assert told("refill", "--since", "2020-01-01") == "2 events go out again.\n"

    ids = OutboxRow.objects.filter(event_id__in=[copy.event_id for copy in copies]).values_list("event_id", flat=True)
    assert twin
    assert sorted(ids) == sorted(copy.event_id for copy in copies)


def test_a_second_refill_says_that_all_of_it_waits_already() -> None:
    ArchiveRowFactory.create_batch(2)
    told("refill", "--since", "2020-01-01")

    with pytest.raises(CommandError, match="All of these events wait to go out already"):
        told("refill", "--since", "2020-01-01")

    assert OutboxRow.objects.filter(event_id__in=ArchiveRow.objects.values("event_id")).count() == 2


def test_one_button_gives_one_event_to_one_handler(office: Client, recorded: Recorded) -> None:
    event_id = uuid7()
    mine, other = dead(event_id=event_id), dead(event_id=event_id)

    answer = office.post("/office/events/replay/", {"one": f"{mine.consumer} {event_id}"}, follow=True)

    assert "1 event is handled again." in answer.content.decode()
    assert (waits_again(mine), waits_again(other)) == (True, False)
    assert [(entry.action, entry.subject_id) for entry in recorded()] == [("events_replayed", str(event_id))]


def test_the_ticked_events_are_handled_again_and_the_view_stays(office: Client) -> None:
    first, second, third = dead(), dead(), dead()
    picks = [f"{row.consumer} {row.event_id}" for row in (first, second)]

    answer = office.post("/office/events/replay/", {"pick": picks, "ticked": "1", "type": first.type})

    assert answer["Location"] == f"/office/events/?type={first.type}"
    assert [waits_again(row) for row in (first, second, third)] == [True, True, False]


def test_a_whole_view_is_handled_again(office: Client, recorded: Recorded) -> None:
    early = dead(handled_at=NOON - 2 * MINUTE)
    inside = dead(handled_at=NOON)
    other_type = dead(handled_at=NOON, type="orders.order_paid.v1")

    view = {"since": "2026-06-01T11:59", "until": "2026-06-01T12:01", "type": inside.type, "status": "dead"}
    office.post("/office/events/replay/", {**view, "all": "1"})

    assert [waits_again(row) for row in (early, inside, other_type)] == [False, True, False]
    assert '"type":"orders.order_placed.v1"' in recorded()[0].after


@pytest.mark.parametrize("given", [{}, {"pick": "no-event"}, {"one": "a b c"}, {"all": "1", "since": "yesterday"}])
def test_a_press_without_a_tick_does_nothing(office: Client, recorded: Recorded, given: dict[str, str]) -> None:
    row = dead()

    answer = office.post("/office/events/replay/", given, follow=True)

    assert "Tick the events that are to be handled again." in answer.content.decode()
    assert not waits_again(row)
    assert recorded() == []


def test_what_was_done_is_not_all_handled_again_by_accident(office: Client, program: APIClient) -> None:
    row = InboxRowFactory()
    ArchiveRowFactory(event_id=row.event_id)

    page = office.post("/office/events/replay/", {"all": "1", "status": "done"}, follow=True)
    answer = program.post(REPLAY, {"status": "done"})

    assert "Tick the events" in page.content.decode()
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["since"])
    with pytest.raises(CommandError, match="only with --event or --since"):
        told("replay", "--status", "done", "--all")
    assert not waits_again(row)


def test_what_was_done_is_handled_again_from_its_copy(program: APIClient, recorded: Recorded) -> None:
    with_copy, without = InboxRowFactory(), InboxRowFactory()
    ArchiveRowFactory(event_id=with_copy.event_id, body='{"number": "A-1"}')

    answer = program.post(REPLAY, {"status": "done", "event_ids": [str(with_copy.event_id), str(without.event_id)]})

    assert answer.json() == {"given_back": 1, "without_copy": 1}
    assert (waits_again(with_copy), waits_again(without)) == (True, False)
    assert '"data":{"number": "A-1"}' in with_copy.envelope
    assert [entry.action for entry in recorded()] == ["events_replayed"]


def test_nothing_to_handle_again_is_said(program: APIClient, office: Client, recorded: Recorded) -> None:
    InboxRowFactory()

    answers = [program.post(REPLAY, {}), program.post(REFILL, {"since": "2026-06-01T00:00:00Z"})]
    page = office.post("/office/events/refill/", {"since": "2026-06-01T00:00"}, follow=True)

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "nothing_to_replay")] * 2
    assert "There is no such event to handle again." in page.content.decode()
    assert recorded() == []


def test_a_span_goes_out_again_but_for_what_waits(program: APIClient) -> None:
    old = ArchiveRowFactory(created_at=NOON - MINUTE)
    inside, waiting = ArchiveRowFactory(), ArchiveRowFactory()
    OutboxRowFactory(event_id=waiting.event_id)

    answer = program.post(REFILL, {"since": NOON.isoformat(), "until": (NOON + MINUTE).isoformat()})

    assert answer.json() == {"sent_again": 1}
    assert OutboxRow.objects.filter(event_id=inside.event_id).exists()
    assert not OutboxRow.objects.filter(event_id=old.event_id).exists()
    assert '"action":"events_sent_again"' in OutboxRow.objects.get(type="users.action_recorded.v1").body


def test_the_form_sends_a_span_out_again(office: Client) -> None:
    ArchiveRowFactory()

    page = office.post("/office/events/refill/", {"since": "2026-06-01T12:00", "until": ""}, follow=True)
    wrong = office.post("/office/events/refill/", {"since": ""})

    assert "1 event goes out again." in page.content.decode()
    assert wrong.status_code == 400
    assert OutboxRow.objects.exclude(type__endswith="action_recorded.v1").count() == 1


def test_the_command_gives_back_one_some_or_a_span(recorded: Recorded) -> None:
    one, late, other = dead(), dead(handled_at=NOON + 5 * MINUTE), dead(type="orders.order_paid.v1")

    said = [
        told("replay", "--event", str(one.event_id)),
        told("replay", "--since", "2026-06-01T12:04"),
        told("replay", "--handler", other.consumer, "--type", other.type),
    ]

    assert said == ["1 given back.\n"] * 3
    assert all(waits_again(row) for row in (one, late, other))
    assert {(entry.action, entry.actor_label) for entry in recorded()} == {("events_replayed", "manage.py events")}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["replay"], "Say which"),
        (["refill"], "Say which"),
        (["replay", "--all"], "no such event"),
        (["refill", "--since", "2026-06-01"], "no such event"),
    ],
)
def test_the_command_says_why_it_did_nothing(arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        told(*arguments)


def test_the_api_tells_what_waits_and_what_failed(program: APIClient, stop_clock: Callable[[datetime], None]) -> None:
    stop_clock(NOON + MINUTE)
    OutboxRowFactory(leased_until=NOON + 2 * MINUTE)
    waiting = OutboxRowFactory(type="products.stock_changed.v1", leased_until=NOON)
    failed = dead(consumer="notifications.announce")
    InboxRowFactory(status="retry")
    InboxRowFactory()

    figures = program.get("/api/v1/events/").json()
    outbox = program.get("/api/v1/events/outbox/", {"service": "products"}).json()["results"]
    inbox = program.get("/api/v1/events/inbox/", {"status": "dead", "service": "notifications"}).json()["results"]
    everything = program.get("/api/v1/events/inbox/", {"count": "true"}).json()

    assert figures == {"waiting": 2, "leased": 1, "oldest_at": "2026-06-01T12:00:00Z", "retry": 1, "dead": 1}
    assert [row["event_id"] for row in outbox] == [str(waiting.event_id)]
    assert "body" not in outbox[0]
    assert [(row["consumer"], row["error"]) for row in inbox] == [(failed.consumer, "ValueError: never")]
    assert "envelope" not in inbox[0]
    assert everything["count"] == 3


def test_the_pages_show_what_waits_what_failed_and_how_old_it_is(
    office: Client, stop_clock: Callable[[datetime], None]
) -> None:
    stop_clock(NOON + 90 * MINUTE)
    OutboxRowFactory(type="orders.order_paid.v1")
    failed = dead()

    failures = office.get("/office/events/").content.decode()
    waiting = office.get("/office/events/waiting/").content.decode()

    assert all(text in failures for text in (failed.consumer, str(failed.event_id), "ValueError: never", "1 h"))
    assert "orders.order_paid.v1" in waiting
    assert failed.consumer not in waiting


def test_empty_pages_say_so(office: Client) -> None:
    said = {
        "/office/events/": "Nothing was given up",
        "/office/events/?status=retry": "Nothing is tried again",
        "/office/events/?status=done": "Nothing happened yet",
        "/office/events/?type=x": "Nothing found",
        "/office/events/waiting/": "Nothing waits",
        "/office/events/waiting/?service=orders": "Nothing found",
    }

    assert {url: text in office.get(url).content.decode() for url, text in said.items()} == dict.fromkeys(said, True)


def test_the_list_is_paged_and_costs_the_same_however_long(office: Client, statements: Callable[..., Any]) -> None:
    for _ in range(3):
        dead()
    office.get("/office/events/")  # the shop's settings are warm now
    with statements() as few:
        office.get("/office/events/")
    for _ in range(57):
        dead()

    with statements() as many:
        first = office.get("/office/events/")
    second = office.get(first.context["page"].next_url)

    assert len(many) == len(few)
    assert (len(first.context["rows"]), len(second.context["rows"])) == (50, 10)


def test_the_menu_counts_what_was_given_up(office: Client) -> None:
    without = office.get("/office/events/").context["dead_letters"]
    dead()

    page = office.get("/office/messages/")

    assert without == 0
    assert page.context["dead_letters"] == 1
    assert "given up</span>" in page.content.decode()


def test_a_large_choice_is_worked_through_in_batches(program: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kernel.events.repair.BATCH", 2)
    rows = [dead() for _ in range(5)]

    answer = program.post(REPLAY, {})

    assert answer.json() == {"given_back": 5, "without_copy": 0}
    assert all(waits_again(row) for row in rows)
    assert OutboxRow.objects.filter(type__endswith="action_recorded.v1").count() == 1

"""The audit log is read by those who look after staff, in the API and in the back office."""

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.users.models import AuditEntry, User
from apps.users.pages.audit_words import WORDS
from apps.users.services.audit import record_event
from apps.users.services.audit_chain import erase_person, seal_entries
from kernel.origins import NOWHERE, Origin, remember
from tests.fixtures import NOON

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[3]
API = "/api/v1/audit/"
PAGE = "/office/audit/"


@pytest.fixture(autouse=True)
def _log(shopper: User, staff: User) -> Iterator[None]:
    """Four entries, an hour apart: a customer signs in, an admin changes an order and its owner, a stranger fails."""
    remember(Origin(address="192.0.2.7", user_agent="Firefox", request_id="r-1"))
    write("signed_in", by=shopper, hour=0)
    write(
        "order_refunded",
        by=staff,
        hour=1,
        subject=("order", 42),
        before={"paid": 7},
        after={"paid": {"amount": "5.00", "currency": "EUR"}},
    )
    remember(Origin(address="198.51.100.1"))
    write("account_changed", by=staff, hour=2, subject=("user", shopper.id), after={"name": "<b>Ann</b>"})
    record_event(action="sign_in_failed", label="guess@example.com", now=NOON + timedelta(hours=3))
    yield
    remember(NOWHERE)


def write(action: str, *, by: User, hour: int, **more: Any) -> None:
    now = NOON + timedelta(hours=hour)
    record_event(action=action, user_id=by.id, label=by.email, role=by.granted_role.value, now=now, **more)


def found(client: APIClient, **query: Any) -> list[str]:
    answer = client.get(API, query)
    assert answer.status_code == 200, answer.content
    return [entry["action"] for entry in answer.json()["results"]]


def test_the_newest_entry_is_first(api: APIClient, staff: User) -> None:
    api.force_authenticate(staff)

    assert found(api) == ["sign_in_failed", "account_changed", "order_refunded", "signed_in"]
    assert found(api, ordering="oldest")[0] == "signed_in"


def test_an_entry_tells_who_what_when_and_from_where(api: APIClient, staff: User) -> None:
    api.force_authenticate(staff)
    seal_entries()
    entry = AuditEntry.objects.get(action="order_refunded")

    assert api.get(f"{API}{entry.id}/").json() == {
        "id": str(entry.id),
        "sequence": entry.sequence,
        "at": "2026-06-01T13:00:00Z",
        "action": "order_refunded",
        "count": 1,
        "actor_id": str(staff.id),
        "actor_label": staff.email,
        "actor_role": "admin",
        "client": "",
        "address": "192.0.2.7",
        "user_agent": "Firefox",
        "request_id": "r-1",
        "subject_kind": "order",
        "subject_id": "42",
        "before": {"paid": 7},
        "after": {"paid": {"amount": "5.00", "currency": "EUR"}},
        "is_sealed": True,
        "digest": entry.digest,
        "chain": entry.chain,
        "erased_at": None,
    }


@pytest.mark.parametrize(
    ("query", "actions"),
    [
        ({"action": "signed_in"}, ["signed_in"]),
        ({"actor": "Admin@example.com"}, ["account_changed", "order_refunded"]),
        ({"subject_kind": "order"}, ["order_refunded"]),
        ({"subject_kind": "order", "subject_id": "42"}, ["order_refunded"]),
        ({"subject_kind": "user", "subject_id": "42"}, []),
        ({"address": "198.51.100.1"}, ["sign_in_failed", "account_changed"]),
        ({"since": "2026-06-01T14:00:00Z"}, ["sign_in_failed", "account_changed"]),
        ({"until": "2026-06-01T13:00:00Z"}, ["signed_in"]),
        ({"search": "guess"}, ["sign_in_failed"]),
        ({"search": "EUR"}, ["order_refunded"]),
        ({"search": "%"}, []),
        ({"action": "nothing"}, []),
    ],
)
def test_the_log_is_narrowed(api: APIClient, staff: User, query: dict[str, str], actions: list[str]) -> None:
    api.force_authenticate(staff)

    assert found(api, **query) == actions


def test_an_actor_is_found_by_his_id(api: APIClient, staff: User) -> None:
    api.force_authenticate(staff)

    assert found(api, actor=str(staff.id)) == ["account_changed", "order_refunded"]


@pytest.mark.parametrize("query", [{"since": "yesterday"}, {"search": "a\x00"}, {"action": "x" * 81}, {"cursor": "x"}])
def test_a_filter_without_meaning_is_refused(api: APIClient, staff: User, query: dict[str, str]) -> None:
    api.force_authenticate(staff)

    assert api.get(API, query).status_code == 400


def test_nobody_else_reads_the_log(api: APIClient, client: Client, shopper: User) -> None:
    entry = AuditEntry.objects.filter(actor_id=shopper.id).get()

    assert api.get(API).status_code == 401
    assert client.get(PAGE).status_code == 302
    api.force_authenticate(shopper)
    client.force_login(shopper)
    assert [api.get(path).status_code for path in (API, f"{API}{entry.id}/")] == [403, 403]
    assert [client.get(path).status_code for path in (PAGE, f"{PAGE}{entry.id}/")] == [403, 403]


@pytest.mark.parametrize("verb", ["post", "put", "patch", "delete"])
def test_nobody_writes_into_the_log(api: APIClient, super_user: User, verb: str) -> None:
    api.force_authenticate(super_user)
    entry = AuditEntry.objects.filter(action="signed_in").get()

    assert getattr(api, verb)(API, {}).status_code == 405
    assert getattr(api, verb)(f"{API}{entry.id}/", {}).status_code == 405
    assert AuditEntry.objects.count() == 4


def test_the_page_shows_the_log_in_words(client: Client, staff: User) -> None:
    client.force_login(staff)
    AuditEntry.objects.filter(action="signed_in").update(action="an_action_of_tomorrow")

    page = client.get(PAGE).content.decode()

    for text in ("Order refunded", "Sign-in failed", "An action of tomorrow", "192.0.2.7", "admin@example.com"):
        assert text in page


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("?action=order_refunded", "/office/audit/{refund}/", "/office/audit/{failure}/"),
        ("?actor=admin%40example.com", "/office/audit/{refund}/", "/office/audit/{failure}/"),
        ("?address=198.51.100.1&q=guess", "/office/audit/{failure}/", "/office/audit/{refund}/"),
        ("?kind=order&subject=42", "/office/audit/{refund}/", "/office/audit/{failure}/"),
        (
            "?since=2026-06-01&until=2026-06-01&action=order_refunded",
            "/office/audit/{refund}/",
            "/office/audit/{failure}/",
        ),
        ("?since=2026-06-02", "Nothing found", "/office/audit/{failure}/"),
        ("?until=2026-05-31", "Nothing found", "/office/audit/{failure}/"),
        ("?until=9999-12-31", "/office/audit/{refund}/", "Nothing found"),
    ],
)
def test_the_page_is_narrowed_by_its_address(client: Client, staff: User, query: str, shown: str, hidden: str) -> None:
    client.force_login(staff)
    ids = {
        "refund": AuditEntry.objects.get(action="order_refunded").id,
        "failure": AuditEntry.objects.get(action="sign_in_failed").id,
    }

    page = client.get(PAGE + query).content.decode()

    assert shown.format(**ids) in page
    assert hidden.format(**ids) not in page


@pytest.mark.parametrize("query", ["?since=soon", "?action=nothing", "?q=" + "x" * 201, "?cursor=x"])
def test_a_bad_address_of_the_page_is_told(client: Client, staff: User, query: str) -> None:
    client.force_login(staff)

    answer = client.get(PAGE + query)

    assert answer.status_code == 400
    assert b"alert" in answer.content


def test_the_page_of_an_entry_shows_before_and_after_and_escapes_both(client: Client, staff: User) -> None:
    client.force_login(staff)
    refund, change = (AuditEntry.objects.get(action=name) for name in ("order_refunded", "account_changed"))

    assert "5.00 EUR" in client.get(f"{PAGE}{refund.id}/").content.decode()
    page = client.get(f"{PAGE}{change.id}/").content.decode()
    assert "&lt;b&gt;Ann&lt;/b&gt;" in page
    assert "<b>Ann" not in page


def test_the_page_says_what_is_sealed_what_waits_and_what_is_erased(client: Client, staff: User, shopper: User) -> None:
    client.force_login(staff)
    entry = AuditEntry.objects.get(action="signed_in")
    assert "Waiting" in client.get(f"{PAGE}{entry.id}/").content.decode()

    seal_entries()
    assert "Sealed" in client.get(f"{PAGE}{entry.id}/").content.decode()

    erase_person(user_id=shopper.id, now=NOON)
    assert "Erased by law" in client.get(f"{PAGE}{entry.id}/").content.decode()


def test_an_empty_log_says_so(client: Client, staff: User) -> None:
    AuditEntry.objects.get_queryset().delete()
    client.force_login(staff)

    assert "Nothing happened yet" in client.get(PAGE).content.decode()


def test_the_log_costs_the_same_however_long_it_is(client: Client, staff: User, statements: Any) -> None:
    client.force_login(staff)
    client.get(PAGE)
    for hour in range(60):
        write("signed_in", by=staff, hour=hour)

    with statements() as ran:
        assert client.get(PAGE).status_code == 200

    assert len([sql for sql in ran.sql if "users_auditentry" in sql]) == 2


def actions_in_the_code() -> set[str]:
    """Find every action that the code records, by the shape of the calls."""
    found = set()
    for path in [*ROOT.glob("apps/**/*.py"), *ROOT.glob("integrations/**/*.py")]:
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                found |= set(recorded_by(node))
    return found


def recorded_by(call: ast.Call) -> Iterator[str]:
    name = ast.unparse(call.func)
    is_step = name == "Step"
    if name in {"audit.record", "record_event", "Step", "_record", "_tell", "_moved"} or name.startswith("_about_"):
        values = [*call.args[:3], *(word.value for word in call.keywords if word.arg in {"action", "kind"})]
        for value in values:
            for text in (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,):
                if isinstance(text, ast.Constant) and isinstance(text.value, str) and text.value:
                    yield f"order_{text.value}" if is_step else text.value


def test_every_action_has_words() -> None:
    used = actions_in_the_code()

    assert {"signed_in", "order_refunded", "product_changed", "group_deleted", "token_created"} <= used
    assert used - set(WORDS) == set()

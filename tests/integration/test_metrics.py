"""The numbers of those who watch: true, cheap, and for nobody without the token."""

from typing import Any

import pytest
from django.test import Client

from kernel.models import InboxRow
from tests.unit.kernel.factories import InboxRowFactory

TOKEN = "a-token-of-those-who-watch"


@pytest.fixture
def watcher(settings: Any) -> Client:
    settings.METRICS_TOKEN = TOKEN
    return Client(headers={"Authorization": f"Bearer {TOKEN}"})


def numbers(client: Client) -> dict[str, float]:
    text = client.get("/metrics").content.decode()
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


@pytest.mark.once
def test_without_a_token_in_the_settings_there_is_no_such_address(client: Client) -> None:
    assert client.get("/metrics").status_code == 404


@pytest.mark.once
@pytest.mark.parametrize("shown", ["", "Bearer ", "Bearer a-token-of-those-who", f"Basic {TOKEN}", TOKEN, "Bearer é"])
def test_who_does_not_show_the_token_sees_nothing(settings: Any, shown: str) -> None:
    settings.METRICS_TOKEN = TOKEN

    answer = Client(headers={"Authorization": shown}).get("/metrics")

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert b"saluhall_" not in answer.content


@pytest.mark.django_db
def test_everything_that_waits_is_a_number(watcher: Client) -> None:
    found = numbers(watcher)

    assert {name: value for name, value in found.items() if "request" not in name and "conflicts" not in name} == {
        'saluhall_outbox_events{database="default"}': 0,
        'saluhall_outbox_oldest_seconds{database="default"}': 0,
        'saluhall_inbox_retries{database="default"}': 0,
        'saluhall_inbox_lag_seconds{database="default"}': 0,
        'saluhall_inbox_dead{database="default"}': 0,
        'saluhall_inbox_dead_oldest_seconds{database="default"}': 0,
        "saluhall_holds": 0,
        "saluhall_holds_expired": 0,
        "saluhall_holds_oldest_seconds": 0,
        'saluhall_orders_over{status="completed"}': 0,
        'saluhall_orders_over{status="cancelled"}': 0,
        'saluhall_orders_over{status="rejected"}': 0,
        'saluhall_mails{status="queued"}': 0,
        'saluhall_mails{status="failed"}': 0,
        'saluhall_mails_oldest_seconds{status="queued"}': 0,
        'saluhall_mails_oldest_seconds{status="failed"}': 0,
        "saluhall_readings_missing": 0,
    }


@pytest.mark.django_db
def test_a_look_costs_eight_statements_however_much_there_is(watcher: Client, statements: Any) -> None:
    InboxRowFactory.create_batch(3, status=InboxRow.Status.RETRY)
    InboxRowFactory.create_batch(2, status=InboxRow.Status.DEAD)

    with statements() as ran:
        found = numbers(watcher)

    assert len(ran) == 8, str(ran)
    assert found['saluhall_inbox_retries{database="default"}'] == 3
    assert found['saluhall_inbox_dead{database="default"}'] == 2


@pytest.mark.once
@pytest.mark.django_db
def test_a_request_is_counted_by_area_method_and_kind_of_answer(watcher: Client) -> None:
    name = 'saluhall_request_seconds_count{area="api",method="GET",status="4xx"}'
    before = numbers(watcher).get(name, 0)

    watcher.get("/api/v1/nothing/")

    assert numbers(watcher)[name] == before + 1

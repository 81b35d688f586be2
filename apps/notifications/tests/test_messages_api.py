"""Messages in the API: for staff, without secrets."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.notifications.models import Message
from apps.notifications.tests.factories import ORDER_ID, MessageFactory
from contracts.notifications import Notifications
from kernel.actors import Actor, Role
from kernel.errors import ForbiddenError, NotFoundError
from kernel.ids import uuid7
from kernel.rpc import client

pytestmark = pytest.mark.django_db
MESSAGES = "/api/v1/messages/"
STAFF = Actor(id=uuid7(), role=Role.ADMIN, email="admin@example.com")


def test_messages_are_for_staff_alone(api: APIClient, shopper: Any) -> None:
    message = MessageFactory.create()
    paths = (MESSAGES, f"{MESSAGES}{message.id}/")

    assert [api.get(path).status_code for path in paths] == [401, 401]
    api.force_login(shopper)
    assert [api.get(path).status_code for path in paths] == [403, 403]
    assert api.post(f"{MESSAGES}{message.id}/send-again/").status_code == 403


def test_staff_lists_filters_and_reads(api: APIClient, staff: Any, statements: Any) -> None:
    MessageFactory.create_batch(3)
    message = MessageFactory.create(to="bo@example.com", about=ORDER_ID, status="failed", next_attempt_at=None)
    api.force_login(staff)

    for query in ("search=BO@", "status=failed", f"about={ORDER_ID}"):
        rows = api.get(f"{MESSAGES}?{query}").json()["results"]
        assert [row["id"] for row in rows] == [str(message.id)]
    with statements() as ran:
        rows = api.get(f"{MESSAGES}?kind=order_placed").json()["results"]
    assert (len(rows), len(ran)) == (4, 3)
    assert "text" not in rows[0]
    answer = api.get(f"{MESSAGES}{message.id}/")
    assert answer.json()["html"] == "<p>Thank you!</p>"
    assert api.get(f"{MESSAGES}{message.id}/", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_the_body_of_a_secret_message_is_never_shown(api: APIClient, staff: Any) -> None:
    message = MessageFactory.create(is_secret=True, text="Code 123456", html="123456")
    api.force_login(staff)

    answer = api.get(f"{MESSAGES}{message.id}/").json()

    assert (answer["text"], answer["html"], answer["is_secret"]) == ("", "", True)
    again = api.post(f"{MESSAGES}{message.id}/send-again/")
    assert (again.status_code, again.json()["code"]) == (409, "secret_message")
    assert Message.objects.count() == 1


def test_the_key_of_a_guest_is_for_the_guest_alone(api: APIClient, staff: Any) -> None:
    link = f"https://shop.example/orders/{ORDER_ID}/?token="
    message = MessageFactory.create(text=f"See {link}Kx7-_9", html=f'<a href="{link}Kx7-_9">See</a>')
    api.force_login(staff)

    shown = api.get(f"{MESSAGES}{message.id}/").json()
    pages = [api.get(f"/office/messages/{message.id}/{part}").content.decode() for part in ("", "html/")]
    copy = api.post(f"{MESSAGES}{message.id}/send-again/").json()

    assert (shown["text"], shown["html"]) == (f"See {link}...", f'<a href="{link}...">See</a>')
    assert "Kx7-_9" not in f"{pages} {copy}"
    assert Message.objects.get(id=copy["id"]).text == f"See {link}Kx7-_9"


def test_sending_again_queues_a_copy_with_an_id_of_its_own(api: APIClient, staff: Any) -> None:
    message = MessageFactory.create(status="sent", next_attempt_at=None, about=ORDER_ID)
    api.force_login(staff)

    answer = api.post(f"{MESSAGES}{message.id}/send-again/", {})

    assert (answer.status_code, answer.json()["status"]) == (201, "queued")
    copy = Message.objects.get(id=answer.json()["id"])
    assert (copy.text, copy.subject, copy.to, copy.about) == (message.text, message.subject, message.to, ORDER_ID)
    assert copy.message_id == f"<{copy.id}@testserver>" != message.message_id


@pytest.mark.parametrize(
    "query",
    [
        "status=lost",
        "status=",
        "about=x",
        "about=",
        "search=%00",
        f"kind={'x' * 201}",
        "cursor=%00",
        "ordering=to",
        "count=2",
    ],
)
def test_a_list_refuses_a_query_without_meaning(api: APIClient, staff: Any, query: str) -> None:
    api.force_login(staff)

    assert api.get(f"{MESSAGES}?{query}").status_code == 400


def test_what_is_not_there_is_not_found(api: APIClient, staff: Any) -> None:
    api.force_login(staff)

    assert api.get(f"{MESSAGES}{uuid7()}/").status_code == 404
    assert api.post(f"{MESSAGES}{uuid7()}/send-again/").status_code == 404
    assert (
        api.post(f"{MESSAGES}{MessageFactory.create().id}/send-again/", {"to": "x"}).json()["code"] == "unknown_field"
    )
    assert api.delete(MESSAGES).status_code == 405


def test_other_services_list_and_send_again() -> None:
    message = MessageFactory.create(about=ORDER_ID)
    MessageFactory.create()

    client(Notifications).send_again(message_id=message.id, actor=STAFF)

    found = client(Notifications).messages(about=ORDER_ID)
    assert [(one.kind, one.status) for one in found] == [("order_placed", "queued")] * 2
    assert found[1].id == message.id
    with pytest.raises(ForbiddenError):
        client(Notifications).send_again(message_id=message.id, actor=Actor(id=uuid7(), role=Role.REGULAR))
    with pytest.raises(NotFoundError):
        client(Notifications).send_again(message_id=uuid7(), actor=STAFF)

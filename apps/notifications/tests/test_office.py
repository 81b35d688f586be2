"""The back office's pages of messages: what is shown, what stays secret, what goes out again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.notifications.models import Message
from apps.notifications.tests.factories import NOON, ORDER_ID, MessageFactory

pytestmark = pytest.mark.django_db

MESSAGES = "/office/messages/"
SENT = {"status": "sent", "next_attempt_at": None, "sent_at": NOON}


@pytest.fixture
def office(client: Client, staff: Any) -> Client:
    """Return a client that an admin has signed in."""
    client.force_login(staff)
    return client


def test_only_staff_may_enter(client: Client, shopper: Any) -> None:
    message = MessageFactory()
    stranger = client.get(MESSAGES)
    client.force_login(shopper)

    assert (stranger.status_code, stranger["Location"]) == (302, f"/accounts/login/?next={MESSAGES}")
    for path in ("", f"{message.id}/", f"{message.id}/html/"):
        assert client.get(f"{MESSAGES}{path}").status_code == 403
    assert client.post(f"{MESSAGES}{message.id}/send-again/").status_code == 403


def test_messages_are_found_by_state_and_words(office: Client) -> None:
    MessageFactory(subject="One", **SENT)
    MessageFactory(subject="Two", to="grace@example.com")

    def found(query: str) -> list[str]:
        return [row["message"].subject for row in office.get(f"{MESSAGES}?{query}").context["rows"]]

    assert found("status=sent") == ["One"]
    assert found("q=grace") == ["Two"]
    assert found("status=failed") == []


@pytest.mark.parametrize("query", ["status=lost", "cursor=damaged", "q=a%00b"])
def test_a_filter_without_meaning_is_refused_on_the_page(office: Client, query: str) -> None:
    assert office.get(f"{MESSAGES}?{query}").status_code == 400


def test_the_list_is_paged_and_costs_the_same_however_long(office: Client, statements: Callable[..., Any]) -> None:
    MessageFactory()
    office.get(MESSAGES)
    with statements() as few:
        office.get(MESSAGES)
    for minute in range(30):
        MessageFactory(created_at=NOON + timedelta(minutes=minute))
    with statements() as many:
        first = office.get(MESSAGES)
    second = office.get(first.context["page"].next_url)

    assert len(few) == len(many)
    assert (len(first.context["rows"]), len(second.context["rows"])) == (25, 6)


def test_a_message_shows_its_text_and_leads_to_its_order(office: Client) -> None:
    message = MessageFactory(about=ORDER_ID, text="Hello <b>Ann</b>")

    page = office.get(f"{MESSAGES}{message.id}/").content.decode()

    assert "Hello &lt;b&gt;Ann&lt;/b&gt;" in page
    assert f'href="/office/orders/{ORDER_ID}/"' in page
    assert f'href="{MESSAGES}{message.id}/html/"' in page
    assert office.get(f"{MESSAGES}{uuid4()}/").status_code == 404


def test_the_mail_itself_stands_in_a_page_where_nothing_runs(office: Client) -> None:
    message = MessageFactory(html="<p>Hello</p><script>alert(1)</script>")

    answer = office.get(f"{MESSAGES}{message.id}/html/")

    assert answer.content.decode() == message.html
    assert answer["Content-Security-Policy"].startswith("default-src 'none';")
    assert answer["Content-Security-Policy"].endswith("; sandbox")


def test_nobody_reads_a_secret_message_nor_sends_it_again(office: Client) -> None:
    message = MessageFactory(is_secret=True, text="Code 123456", html="<p>Code 123456</p>")

    page = office.get(f"{MESSAGES}{message.id}/").content.decode()
    refused = office.post(f"{MESSAGES}{message.id}/send-again/", follow=True).content.decode()

    assert "123456" not in page + refused
    assert "send-again" not in page
    assert "This message held a secret" in refused
    assert office.get(f"{MESSAGES}{message.id}/html/").status_code == 404
    assert Message.objects.count() == 1


def test_a_message_is_sent_again_as_a_copy(office: Client) -> None:
    message = MessageFactory(**SENT)

    answer = office.post(f"{MESSAGES}{message.id}/send-again/")
    copy = Message.objects.exclude(id=message.id).get()

    assert (answer.status_code, answer["Location"]) == (302, f"{MESSAGES}{copy.id}/")
    assert (copy.subject, copy.status) == (message.subject, "queued")

"""Text messages by Twilio's API."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from integrations.sms.account import check_account
from integrations.sms.tests.twilio_stand_in import ACCOUNT, SENDER, TOKEN, StandIn, twilio
from integrations.sms.twilio import TextNotSentError, is_configured, send_text


@pytest.fixture
def stand_in(settings: Any) -> Iterator[StandIn]:
    with twilio() as server:
        for name, value in server.settings.items():
            setattr(settings, name, value)
        yield server


def test_a_message_is_one_post_with_the_accounts_credentials(stand_in: StandIn) -> None:
    send_text(to="+46701234567", text="Hej åäö & more")

    assert stand_in.sent == [
        {
            "To": "+46701234567",
            "From": SENDER,
            "Body": "Hej åäö & more",
            "_path": f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
            "_auth": f"Basic {ACCOUNT}:{TOKEN}",
        }
    ]


@pytest.mark.parametrize("status", [200, 302, 400, 401, 429, 500])
def test_any_answer_but_created_is_an_error(stand_in: StandIn, status: int) -> None:
    stand_in.status = status

    with pytest.raises(TextNotSentError, match="could not be sent"):
        send_text(to="+46701234567", text="Hello")


def test_a_server_that_does_not_answer_is_an_error(stand_in: StandIn, settings: Any) -> None:
    settings.TWILIO_BASE_URL = "http://127.0.0.1:9"

    with pytest.raises(TextNotSentError, match="Try again in a while"):
        send_text(to="+46701234567", text="Hello")


def test_without_an_account_nothing_is_sent(stand_in: StandIn, settings: Any) -> None:
    settings.TWILIO_ACCOUNT_SID = ""

    assert not is_configured()
    with pytest.raises(TextNotSentError, match="sends no text messages"):
        send_text(to="+46701234567", text="Hello")
    assert stand_in.sent == []


def test_an_account_is_named_whole_or_not_at_all() -> None:
    check_account(sid="", token="", sender="")
    check_account(sid=ACCOUNT, token=TOKEN, sender=SENDER)

    with pytest.raises(ImproperlyConfigured, match="need TWILIO_AUTH_TOKEN and TWILIO_FROM, too"):
        check_account(sid=ACCOUNT, token="", sender="")
    with pytest.raises(ImproperlyConfigured, match="part of an address"):
        check_account(sid="../x", token=TOKEN, sender=SENDER)

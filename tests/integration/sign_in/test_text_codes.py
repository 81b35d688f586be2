"""Codes by text message for who comes back from another company: that is a link, and counts like a form."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from apps.users.models import User
from apps.users.services.second_factor import prove_phone
from integrations.sms.tests.twilio_stand_in import twilio
from kernel import clock

pytestmark = pytest.mark.django_db


def test_five_messages_an_hour_are_sent_and_no_more(come_back: Callable[..., Any], settings: LazySettings) -> None:
    come_back(Client())
    prove_phone(user=User.objects.get(), phone="+46701234567", now=clock.now())

    with twilio() as texts:
        for name, value in texts.settings.items():
            setattr(settings, name, value)
        answers = [come_back(Client()).status_code for _ in range(7)]

    assert answers == [302] * 5 + [429] * 2
    assert len(texts.sent) == 5

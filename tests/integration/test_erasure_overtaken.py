"""Requests that an erasure overtakes bring nothing of the person back."""

import pytest
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.test import RequestFactory

from apps.users.models import AuditEntry, User
from apps.users.services.audit import record_event
from apps.users.services.erasure import erase_account, forget_late_rows
from kernel.actors import Actor, Role
from kernel.events.relay import deliver_all
from tests.fixtures import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(noon: object) -> None:
    """Let the hourly job find what is recent."""


def test_an_entry_of_the_audit_log_that_came_late_is_blank_within_the_hour(shopper: User) -> None:
    email = shopper.email
    erase_account(user_id=shopper.id, actor=Actor(id=shopper.id, role=Role.REGULAR), now=NOON)
    deliver_all()
    record_event(action="signed_in", user_id=shopper.id, label=email, now=NOON)

    forget_late_rows()

    assert AuditEntry.objects.filter(action="signed_in").exists()
    assert not AuditEntry.objects.filter(actor_label=email).exists()


def test_a_code_for_a_new_address_brings_no_address_back(shopper: User) -> None:
    new = EmailAddress(user=shopper, email="new@example.com")
    erase_account(user_id=shopper.id, actor=Actor(id=shopper.id, role=Role.REGULAR), now=NOON)

    is_proven = get_adapter().confirm_email(RequestFactory().get("/"), new)

    assert not is_proven
    assert not EmailAddress.objects.exists()
    assert User.objects.get(id=shopper.id).email == f"erased-{shopper.id}@erased.invalid"

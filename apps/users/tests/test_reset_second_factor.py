"""``manage.py reset_second_factor``: the audited way out of a lost second factor."""

from collections.abc import Callable
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client

from apps.users.models import AuditEntry, User
from apps.users.services.second_factor import prove_phone
from contracts.users import AccountMailRequested
from integrations.authentication.tests.authenticator_app import set_up_app, set_up_recovery_codes
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db


def test_every_factor_goes_every_session_ends_and_the_person_is_told(
    staff: User, noon: datetime, client: Client, published: Callable[[], list[Any]], settings: Any
) -> None:
    settings.MFA_REQUIRED_FOR_STAFF = True
    prove_phone(user=staff, phone="+46701234567", now=noon)
    set_up_app(staff)
    set_up_recovery_codes(staff)
    client.force_login(User.objects.get(id=staff.id))
    out = StringIO()

    call_command("reset_second_factor", "Admin@Example.com", stdout=out)

    user = User.objects.get(id=staff.id)
    assert (user.phone, user.phone_verified_at, user.has_second_factor) == (None, None, False)
    assert not Authenticator.objects.exists()
    assert client.get("/dashboard/").status_code == 302
    (mail,) = [event for event in published() if isinstance(event, AccountMailRequested)]
    assert (mail.to, mail.subject_line) == (staff.email, "Your second factor was removed")
    assert "http://testserver/accounts/2fa/" in mail.text
    entry = AuditEntry.objects.get(action="second_factor_reset")
    assert (entry.actor_role, entry.subject_kind, entry.subject_id) == ("system", "user", str(staff.id))
    assert (
        out.getvalue() == "admin@example.com has no second factor any more, is signed out everywhere and got a mail.\n"
    )


def test_the_password_is_enough_afterwards(shopper: User, client: Client) -> None:
    set_up_app(shopper)
    credentials = {"login": shopper.email, "password": PASSWORD}
    assert client.post("/accounts/login/", credentials).headers["Location"] == "/accounts/2fa/authenticate/"

    call_command("reset_second_factor", shopper.email, stdout=StringIO())

    assert Client().post("/accounts/login/", credentials).headers["Location"] == "/dashboard/"


@pytest.mark.parametrize("email", ["nobody@example.com", "shopper@exämple.com"])
def test_an_address_that_nobody_has_is_an_error_in_one_sentence(shopper: User, email: str) -> None:
    with pytest.raises(CommandError, match=rf"No account has the e-mail address '{email}'"):
        call_command("reset_second_factor", email)

    assert not AuditEntry.objects.filter(subject_id=str(shopper.id)).exists()

    assert not AuditEntry.objects.exists()

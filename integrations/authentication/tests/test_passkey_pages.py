"""What the pages take for a passkey's answer: garbage is an incorrect code and no fault, wherever it is given."""

import pytest
from allauth.mfa import app_settings
from allauth.utils import get_form_class
from django.test import Client

from apps.users.models import User
from integrations.authentication.page_forms import CredentialField
from integrations.authentication.tests.authenticator_app import prove_email
from tests.fixtures import sign_in_afresh

pytestmark = pytest.mark.django_db
GARBAGE = {
    "nested": "[" * 100_000,
    "nested objects": '{"a":' * 5_000,
    "huge number": "9" * 6_000,
    "half a sign": '{"id": "\\ud800", "rawId": "\\ud800"}',
    "nul": '{"id": "\\u0000"}',
    "constant": "NaN",
    "list": "[1]",
    "zero": "0",
    "half zero": "0.0",
    "false": "false",
    "empty": "{}",
    "nothing": "",
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_signs_nobody_in(client: Client, name: str) -> None:
    answer = client.post("/accounts/2fa/webauthn/login/", {"credential": GARBAGE[name]})

    assert answer.status_code == 302
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_no_new_passkey(client: Client, shopper: User, name: str) -> None:
    prove_email(shopper)
    sign_in_afresh(client, shopper)

    answer = client.post("/accounts/2fa/webauthn/add/", {"name": "Phone", "credential": GARBAGE[name]})

    assert answer.status_code == 200
    assert not shopper.authenticator_set.exists()


@pytest.mark.parametrize("act", ["add", "login", "authenticate", "reauthenticate"])
def test_every_page_that_takes_a_passkey_reads_with_care(act: str) -> None:
    form = get_form_class(app_settings.FORMS, f"{act}_webauthn", None)

    assert isinstance(form.base_fields["credential"], CredentialField)

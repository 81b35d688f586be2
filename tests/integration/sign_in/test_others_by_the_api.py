"""A frontend of one's own leads a browser to another company by a form, past the same guards as the shop's page."""

from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from apps.users.models import User
from tests.fixtures import PASSWORD
from tests.integration.sign_in.conftest import CALLBACK
from tests.integration.sign_in.fake_provider import FakeProvider
from tests.integration.sign_in.test_waiting import stale

pytestmark = pytest.mark.django_db
API = "/_allauth/browser/v1"
DOOR = f"{API}/auth/provider/redirect"
WISH = {"provider": "sso", "callback_url": "/dashboard/", "process": "login"}


def there_and_back(client: Client, provider: FakeProvider, **wish: str) -> Any:
    """Send the form, and come back from the provider."""
    sent = client.post(DOOR, WISH | wish)
    assert sent.status_code == 302, sent.content
    return client.get(f"{CALLBACK}?{urlencode(provider.authorize(sent['Location']))}")


def test_a_form_signs_in(client: Client, provider: FakeProvider) -> None:
    back = there_and_back(client, provider)

    assert back["Location"] == "/dashboard/"
    assert client.get("/dashboard/").status_code == 200


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example", "http://["]
)
def test_it_leads_back_to_no_other_site(client: Client, provider: FakeProvider, elsewhere: str) -> None:
    answer = client.post(DOOR, WISH | {"callback_url": elsewhere})

    assert answer.status_code == 401
    assert "Location" not in answer


def test_no_other_site_sends_it(provider: FakeProvider) -> None:
    assert Client(enforce_csrf_checks=True).post(DOOR, WISH).status_code == 403


def test_an_account_is_connected_by_no_session_that_proved_nothing_lately_nor_by_its_next_proof(
    client: Client, provider: FakeProvider, shopper: User
) -> None:
    stale(client, shopper)
    back = there_and_back(client, provider, process="connect")
    proof = client.post(f"{API}/auth/reauthenticate", {"password": PASSWORD}, content_type="application/json")

    assert back["Location"] == "/dashboard/?error=reauthentication_required&error_process=connect"
    assert proof.status_code == 200
    assert not SocialAccount.objects.exists()


def test_nobody_connects_nothing(client: Client, provider: FakeProvider) -> None:
    there_and_back(client, provider, process="connect")

    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize(
    "wish",
    [{}, WISH | {"provider": "x"}, WISH | {"process": "x"}, WISH | {"provider": "\0"}, WISH | {"callback_url": "\0"}],
)
def test_what_makes_no_sense_is_refused(client: Client, provider: FakeProvider, wish: dict[str, str]) -> None:
    assert client.post(DOOR, wish).status_code == 401

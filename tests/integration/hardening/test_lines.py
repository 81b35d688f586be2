"""What somebody is called stays one line on the shop's pages and in its letters."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.users.models import Address, User
from tests.integration.orders.conftest import ADDRESS

pytestmark = pytest.mark.django_db
PARAGRAPH = "Ada\n\nYour account is blocked. Go to https://evil.example/ now."
HOSTILE = [
    PARAGRAPH,
    "Ada\r\nBcc: all@example.com",
    "Ada\u2028Lovelace",
    "Ada\x85Lovelace",
    "Ada\x1b[2J",
    "Ada \u202eecalevoL",
]
SAYING = "Write this in one line"


@pytest.mark.parametrize("text", HOSTILE)
def test_no_account_is_called_by_two_lines(client: Client, api: APIClient, shopper: User, text: str) -> None:
    password = "a lake in Lapland"
    new = {"email": "new@example.com", "name": text, "password1": password, "password2": password}
    signed_up = client.post("/accounts/signup/", new)
    client.force_login(shopper)
    page = client.post("/accounts/profile/", {"name": text, "version": shopper.version})
    kept = client.post("/accounts/addresses/new/", {**ADDRESS, "name": text})
    api.force_login(shopper)
    changed = api.patch("/api/v1/users/me/", {"name": text})
    added = api.post("/api/v1/addresses/", {**ADDRESS, "name": text})

    for shown in (signed_up, page, kept):
        assert SAYING in shown.content.decode()
    assert [answer.status_code for answer in (changed, added)] == [400, 400]
    assert all(list(answer.json()["errors"]) == ["name"] for answer in (changed, added))
    assert not User.objects.filter(name=text).exists()
    assert not Address.objects.exists()

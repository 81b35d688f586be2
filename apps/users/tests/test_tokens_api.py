"""Personal access tokens in the API: made by a person in person, shown once, revoked at once."""

from datetime import datetime

import pytest
from rest_framework.test import APIClient

from apps.users.models import AccessToken, User

pytestmark = pytest.mark.django_db
TOKENS = "/api/v1/tokens/"
BODY = {"name": "Stock script", "scopes": ["orders:read", "account:read"]}


def test_a_token_is_shown_once_and_only_its_digest_is_kept(api: APIClient, shopper: User, noon: datetime) -> None:
    api.force_authenticate(shopper)

    made = api.post(TOKENS, BODY)

    text = made.json()["token"]
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    assert made.json()["scopes"] == ["account:read", "orders:read"]
    assert made.json()["expires_at"] == "2026-08-30T12:00:00Z"
    assert text.startswith("saluhall_pat_" + made.json()["hint"])
    again = api.get(f"{TOKENS}{made.json()['id']}/")
    assert "token" not in again.json()
    assert text not in str(AccessToken.objects.values_list())

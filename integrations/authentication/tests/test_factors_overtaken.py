"""A second factor is set up in the very moment in which the account's sessions end: nothing of that moment stays."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from rest_framework.test import APIClient

from apps.users.models import User
from integrations.authentication import phone, second_factor_flows
from integrations.authentication.allauth_internals import totp
from integrations.authentication.tests.authenticator_app import (
    APP,
    begin_sign_in,
    code_at,
    give_code,
    prove_email,
    set_up_app,
)
from integrations.authentication.tests.test_begun_sign_ins import (
    Change,
    choose_a_password,
    sign_out_everywhere,
    switch_off,
)
from integrations.sms.tests.twilio_stand_in import twilio
from tests.fixtures import NOON, PASSWORD

pytestmark = pytest.mark.django_db
TOTP_API = f"{APP}/account/authenticators/totp"
TOTP_PAGE = "/accounts/2fa/totp/activate/"
changes = pytest.mark.parametrize("change", [choose_a_password, sign_out_everywhere, switch_off])


@pytest.fixture
def overtake(monkeypatch: pytest.MonkeyPatch, shopper: User) -> Callable[[Change], None]:
    """Return what lets a change of the account commit just before the transaction of a factor begins."""

    def arrange(change: Change) -> None:
        waiting = [change]
        for module, name in ((second_factor_flows, "in_transaction"), (phone, "prove_phone")):
            begin = getattr(module, name)

            def late(*args: Any, begin: Any = begin, **kwargs: Any) -> Any:
                while waiting:
                    waiting.pop()(User.objects.get(id=shopper.id))
                return begin(*args, **kwargs)

            monkeypatch.setattr(module, name, late)

    return arrange


@pytest.fixture
def session(api: APIClient, shopper: User) -> dict[str, str]:
    """Return the header of an app's session that has just shown again whose it is."""
    prove_email(shopper)
    answer = api.post(f"{APP}/auth/login", {"email": shopper.email, "password": PASSWORD})
    header = {"X-Session-Token": answer.json()["meta"]["session_token"]}
    assert api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=header).status_code == 200
    return header


@changes
def test_an_app_set_up_by_the_api(
    api: APIClient, session: dict[str, str], overtake: Any, noon: datetime, change: Change
) -> None:
    secret = api.get(TOTP_API, headers=session).json()["meta"]["secret"]
    overtake(change)

    answer = api.post(TOTP_API, {"code": code_at(noon, secret)}, headers=session)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "conflict")
    assert not Authenticator.objects.exists()
    assert api.get("/api/v1/users/me/", headers=session).status_code == 401


@pytest.fixture
def removed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove every factor just after a code of one was found right."""
    check = totp.TOTP.validate_code

    def late(self: totp.TOTP, code: str) -> bool:
        is_right = check(self, code)
        Authenticator.objects.all().delete()
        return is_right

    monkeypatch.setattr(totp.TOTP, "validate_code", late)


@pytest.mark.usefixtures("removed_at_once")
def test_a_factor_that_is_removed_while_its_code_is_read_lets_nobody_in(
    api: APIClient, shopper: User, noon: datetime
) -> None:
    set_up_app(shopper)
    token = begin_sign_in(api, shopper.email, PASSWORD)

    answer = give_code(api, token, code_at(noon))

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "conflict")
    assert api.get("/api/v1/users/me/", headers={"X-Session-Token": token}).status_code == 401


@pytest.mark.usefixtures("removed_at_once", "noon")
def test_nor_by_the_page(client: Client, shopper: User) -> None:
    set_up_app(shopper)
    client.post("/accounts/login/", {"login": shopper.email, "password": PASSWORD})

    answer = client.post("/accounts/2fa/authenticate/", {"code": code_at(NOON)})

    assert answer["Location"] == "/accounts/login/"
    assert client.get("/dashboard/").status_code == 302


@changes
def test_an_app_set_up_by_the_page(
    client: Client, shopper: User, overtake: Any, noon: datetime, change: Change
) -> None:
    prove_email(shopper)
    client.force_login(shopper)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    secret = client.get(TOTP_PAGE).context["form"].secret
    overtake(change)

    answer = client.post(TOTP_PAGE, {"code": code_at(noon, secret)})

    assert answer["Location"] == "/accounts/login/"
    assert not Authenticator.objects.exists()
    assert client.get("/dashboard/").status_code == 302


@changes
def test_a_number_proven_by_the_api(
    api: APIClient, shopper: User, session: dict[str, str], overtake: Any, settings: Any, change: Change
) -> None:
    with twilio() as texts:
        for name, value in texts.settings.items():
            setattr(settings, name, value)
        api.post(f"{APP}/account/phone", {"phone": "+46701234567"}, headers=session)
        overtake(change)

        answer = api.post(f"{APP}/auth/phone/verify", {"code": texts.last_code()}, headers=session)

    assert answer.status_code == 409
    shopper.refresh_from_db()
    assert shopper.phone is None
    assert api.get("/api/v1/users/me/", headers=session).status_code == 401

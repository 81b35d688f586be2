"""A second factor comes and goes: who is asked again, which sessions end, and whom the last one may not leave."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.idp.oidc.models import Token
from allauth.mfa.models import Authenticator
from django.test import Client
from rest_framework.test import APIClient

from apps.users.models import AccessToken, User
from apps.users.services.second_factor import LastSecondFactorError, prove_phone, remove_phone
from apps.users.tests.factories import AccessTokenFactory
from apps.users.tests.test_at_once import at_once
from contracts.users import AccountMailRequested
from integrations.authentication.tests.authenticator_app import (
    APP,
    begin_sign_in,
    code_at,
    give_code,
    prove_email,
    set_up_app,
    set_up_recovery_codes,
)
from integrations.authentication.tests.programs import connect
from tests.fixtures import NOON, PASSWORD

pytestmark = pytest.mark.django_db
TOTP_API = f"{APP}/account/authenticators/totp"
ME = "/api/v1/users/me/"


def app_session(user: User) -> dict[str, Any]:
    """Sign somebody in by the API and return what it gave."""
    prove_email(user)
    answer = APIClient().post(f"{APP}/auth/login", {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 200, answer.content
    meta: dict[str, Any] = answer.json()["meta"]
    return meta


def token_of(meta: dict[str, Any]) -> dict[str, str]:
    return {"X-Session-Token": meta["session_token"]}


def reauthenticated(api: APIClient, user: User, noon: datetime) -> dict[str, str]:
    """Sign in with the app's code and give the password once more."""
    token = begin_sign_in(api, user.email, PASSWORD)
    answer = give_code(api, token, code_at(noon))
    headers = {"X-Session-Token": answer.json()["meta"].get("session_token", token)}
    assert api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=headers).status_code == 200
    return headers


# --- asked again ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "totp"),
        ("delete", "totp"),
        ("get", "webauthn"),
        ("delete", "webauthn"),
        ("put", "webauthn"),
        ("post", "recovery-codes"),
        ("get", "recovery-codes"),
    ],
)
def test_the_api_asks_again_before_a_factor_comes_goes_or_is_shown(
    api: APIClient, shopper: User, noon: datetime, method: str, path: str
) -> None:
    app = set_up_app(shopper)
    key = Authenticator.objects.create(
        user=shopper, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": {}}
    )
    set_up_recovery_codes(shopper)
    token = begin_sign_in(api, shopper.email, PASSWORD)
    answer = give_code(api, token, code_at(noon))
    headers = {"X-Session-Token": answer.json()["meta"].get("session_token", token)}
    if (method, path) == ("post", "totp"):
        app.delete()
        secret = api.get(TOTP_API, headers=headers).json()["meta"]["secret"]
        body: dict[str, Any] = {"code": code_at(noon + timedelta(seconds=30), secret)}
    else:
        body = {"authenticators": [key.pk], "id": key.pk, "name": "Another"}

    answer = getattr(api, method)(f"{APP}/account/authenticators/{path}", body, headers=headers)

    assert answer.status_code == 401
    assert {"id": "reauthenticate"} in answer.json()["data"]["flows"]


@pytest.mark.parametrize(
    "page", ["totp/activate/", "webauthn/add/", "recovery-codes/generate/", "recovery-codes/", "phone/remove/"]
)
def test_the_pages_ask_again(client: Client, shopper: User, page: str) -> None:
    prove_email(shopper)
    if page.startswith("recovery"):
        set_up_app(shopper)
        set_up_recovery_codes(shopper)
    client.force_login(shopper)

    answer = client.get(f"/accounts/2fa/{page}")

    assert answer.status_code == 302
    assert "reauthenticate/?next=" in answer.headers["Location"]


# --- older sessions ---------------------------------------------------------------------------------------------------
def test_setting_an_app_up_ends_older_sessions_and_their_tokens_but_the_one_that_did_it(
    api: APIClient, shopper: User, client: Client, noon: datetime
) -> None:
    older, mine = app_session(shopper), app_session(shopper)
    client.force_login(shopper)
    headers = token_of(mine)
    api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=headers)
    secret = api.get(TOTP_API, headers=headers).json()["meta"]["secret"]

    assert api.post(TOTP_API, {"code": code_at(noon, secret)}, headers=headers).status_code == 200

    assert api.get(ME, headers=headers).status_code == 200
    assert api.get(ME, headers={"Authorization": f"Bearer {mine['access_token']}"}).status_code == 200
    assert refreshed(api, mine) == 200
    assert api.get(ME, headers=token_of(older)).status_code == 401
    assert api.get(ME, headers={"Authorization": f"Bearer {older['access_token']}"}).status_code == 401
    assert refreshed(api, older) in {400, 401}
    assert client.get("/dashboard/").status_code == 302


def refreshed(api: APIClient, meta: dict[str, Any]) -> int:
    return int(api.post(f"{APP}/tokens/refresh", {"refresh_token": meta["refresh_token"]}).status_code)


def test_setting_an_app_up_by_page_keeps_that_browser_and_ends_the_others(
    client: Client, shopper: User, noon: datetime
) -> None:
    prove_email(shopper)
    other = Client()
    for browser in (client, other):
        browser.force_login(shopper)
    former_key = client.session.session_key
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret

    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_at(noon, secret)})

    assert answer.headers["Location"] == "/accounts/2fa/recovery-codes/"
    assert client.get("/dashboard/").status_code == 200
    assert client.session.session_key != former_key
    assert other.get("/dashboard/").status_code == 302


def test_proving_a_phone_ends_older_sessions(shopper: User, client: Client) -> None:
    client.force_login(shopper)

    prove_phone(user=shopper, phone="+46701234567", now=NOON)

    assert client.get("/dashboard/").status_code == 302


def _by_an_app(user: User) -> None:
    meta, api = app_session(user), APIClient()
    api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=token_of(meta))
    secret = api.get(TOTP_API, headers=token_of(meta)).json()["meta"]["secret"]
    assert api.post(TOTP_API, {"code": code_at(NOON, secret)}, headers=token_of(meta)).status_code == 200


def _by_a_phone(user: User) -> None:
    prove_phone(user=user, phone="+46701234567", now=NOON)


@pytest.mark.parametrize("enrol", [_by_an_app, _by_a_phone])
@pytest.mark.parametrize("is_staff", [True, False])
def test_what_was_lent_without_the_factor_gets_no_rights_of_staff_by_it(
    shopper: User, noon: datetime, settings: Any, enrol: Callable[[User], None], *, is_staff: bool
) -> None:
    settings.MFA_REQUIRED_FOR_STAFF = True
    shopper.is_staff = is_staff
    shopper.save()
    AccessTokenFactory(user=shopper, scopes="orders:read")
    Token.objects.create(client_id=connect().id, user=shopper, type=Token.Type.REFRESH_TOKEN, hash="x")

    enrol(shopper)

    assert AccessToken.objects.exists() is not is_staff
    assert Token.objects.filter(type=Token.Type.REFRESH_TOKEN).exists() is not is_staff


def test_a_second_factor_more_ends_nothing_that_was_lent(guarded_staff: User) -> None:
    AccessTokenFactory(user=guarded_staff, scopes="orders:read")

    _by_a_phone(guarded_staff)

    assert AccessToken.objects.exists()


# --- notices ----------------------------------------------------------------------------------------------------------
def test_removing_an_app_is_told_by_mail(
    api: APIClient, shopper: User, noon: datetime, published: Callable[[], list[Any]]
) -> None:
    set_up_app(shopper)
    headers = reauthenticated(api, shopper, noon)

    assert api.delete(TOTP_API, headers=headers).status_code == 200

    (mail,) = [event for event in published() if isinstance(event, AccountMailRequested)]
    assert (mail.to, mail.subject_line) == (shopper.email, "Authenticator App Deactivated")
    assert not Authenticator.objects.exists()


# --- the last factor of staff -----------------------------------------------------------------------------------------
@pytest.fixture
def guarded_staff(staff: User, settings: Any) -> User:
    """Return an admin with an app, where staff needs a second factor."""
    settings.MFA_REQUIRED_FOR_STAFF = True
    set_up_app(staff)
    return staff


def test_the_last_factor_of_staff_is_not_removed_by_the_api(
    api: APIClient, guarded_staff: User, noon: datetime
) -> None:
    headers = reauthenticated(api, guarded_staff, noon)

    answer = api.delete(TOTP_API, headers=headers)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "last_second_factor")
    assert Authenticator.objects.filter(user=guarded_staff).count() == 1


def test_the_last_keys_of_staff_are_not_removed_by_the_api_and_none_of_them_goes(
    api: APIClient, guarded_staff: User, noon: datetime
) -> None:
    headers = reauthenticated(api, guarded_staff, noon)
    Authenticator.objects.all().delete()
    keys = [add_key(guarded_staff), add_key(guarded_staff)]

    answer = api.delete(
        f"{APP}/account/authenticators/webauthn", {"authenticators": [key.pk for key in keys]}, headers=headers
    )

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "last_second_factor")
    assert Authenticator.objects.count() == 2


def add_key(user: User) -> Authenticator:
    key: Authenticator = Authenticator.objects.create(
        user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": {}}
    )
    return key


def test_one_of_two_factors_of_staff_may_go(api: APIClient, guarded_staff: User, noon: datetime) -> None:
    headers = reauthenticated(api, guarded_staff, noon)
    add_key(guarded_staff)

    assert api.delete(TOTP_API, headers=headers).status_code == 200


def test_the_last_factor_of_staff_is_not_removed_by_the_pages(
    client: Client, guarded_staff: User, noon: datetime
) -> None:
    key = add_key(guarded_staff)
    signed_in_page(client, guarded_staff, noon)
    assert client.post(f"/accounts/2fa/webauthn/keys/{key.pk}/remove/").status_code == 302

    page = client.get("/accounts/2fa/totp/deactivate/")
    answer = client.post("/accounts/2fa/totp/deactivate/")

    assert "You cannot deactivate two-factor authentication." in page.content.decode()
    assert answer.status_code == 200
    assert list(Authenticator.objects.values_list("type", flat=True)) == ["totp"]


def test_the_last_key_of_staff_is_not_removed_by_the_pages(client: Client, guarded_staff: User, noon: datetime) -> None:
    signed_in_page(client, guarded_staff, noon)
    Authenticator.objects.all().delete()
    key = add_key(guarded_staff)

    answer = client.post(f"/accounts/2fa/webauthn/keys/{key.pk}/remove/", follow=True)

    assert "Set up another one first." in answer.content.decode()
    assert Authenticator.objects.count() == 1


def signed_in_page(client: Client, user: User, noon: datetime) -> None:
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    client.post("/accounts/2fa/authenticate/", {"code": code_at(noon)})
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302


def test_a_phone_that_is_the_last_factor_of_staff_stays(staff: User, settings: Any) -> None:
    settings.MFA_REQUIRED_FOR_STAFF = True
    prove_phone(user=staff, phone="+46701234567", now=datetime.now(tz=UTC))

    with pytest.raises(LastSecondFactorError):
        remove_phone(user_id=staff.id, now=NOON)

    assert User.objects.get(id=staff.id).phone == "+46701234567"


def test_a_member_of_a_group_keeps_its_last_factor_too_and_a_customer_need_not(
    make_user: Callable[..., User], shopper: User, settings: Any
) -> None:
    settings.MFA_REQUIRED_FOR_STAFF = True
    member = make_user("member@example.com", granted_rights="orders")
    for user in (member, shopper):
        prove_phone(user=user, phone="+46701234567", now=NOON)

    with pytest.raises(LastSecondFactorError):
        remove_phone(user_id=member.id, now=NOON)
    remove_phone(user_id=shopper.id, now=NOON)

    assert not User.objects.get(id=shopper.id).has_second_factor


@pytest.mark.django_db(transaction=True)
def test_two_factors_of_staff_removed_at_the_same_moment_leave_one(guarded_staff: User, noon: datetime) -> None:
    headers = reauthenticated(APIClient(), guarded_staff, noon)
    key = add_key(guarded_staff)
    works: list[Callable[[], int]] = [
        lambda: APIClient().delete(TOTP_API, headers=headers).status_code,
        lambda: (
            APIClient()
            .delete(
                f"{APP}/account/authenticators/webauthn", {"authenticators": [key.pk]}, format="json", headers=headers
            )
            .status_code
        ),
    ]

    assert sorted(at_once(works)) == [200, 409]
    assert Authenticator.objects.count() == 1

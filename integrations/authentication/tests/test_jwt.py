"""Access and refresh tokens of the sign-in API."""

from collections.abc import Callable
from typing import Any

import jwt
import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from rest_framework.test import APIClient

from apps.users.models import User
from apps.users.services.accounts import end_sessions
from integrations.authentication.keys import new_key
from integrations.authentication.signing import own_key
from integrations.authentication.tests.conftest import APP, ME, SignedIn, bearer
from kernel.actors import Actor
from tests.fixtures import NOON, PASSWORD

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], SignedIn]


def refreshed(api: APIClient, token: str) -> Any:
    return api.post(f"{APP}/tokens/refresh", {"refresh_token": token})


def claims(token: str) -> dict[str, Any]:
    kid = jwt.get_unverified_header(token)["kid"]
    return jwt.decode(token, own_key(kid), algorithms=["RS256"], audience="commerce-api")


def test_an_access_token_says_who_may_do_what_and_for_whom(sign_in: SignIn, staff: User) -> None:
    said = claims(sign_in(staff).access)

    assert said.keys() == {
        *("iss", "aud", "gty", "scope", "email", "name", "role", "rights"),
        *("iat", "exp", "sid", "jti", "token_use", "sub"),
    }
    assert (said["iss"], said["aud"], said["gty"]) == ("http://testserver", "commerce-api", "first_party")
    assert (said["sub"], said["role"], said["rights"], said["scope"]) == (str(staff.id), "admin", [], "*")
    assert (said["token_use"], said["exp"] - said["iat"]) == ("access", 300)


def test_an_access_token_opens_the_api_for_two_statements(
    api: APIClient, sign_in: SignIn, shopper: User, statements: Any
) -> None:
    token = sign_in(shopper).access

    with statements() as ran:
        answer = api.get(ME, headers=bearer(token))

    assert (answer.status_code, answer.json()["email"]) == (200, shopper.email)
    assert len(ran) == 2, ran


def test_a_write_by_access_token_needs_no_csrf_token_though_a_cookie_comes_along(
    sign_in: SignIn, shopper: User, other_shopper: User
) -> None:
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(other_shopper)
    token = sign_in(shopper).access

    answer = browser.patch(ME, {"name": "New"}, headers=bearer(token))

    assert (answer.status_code, answer.json()["email"]) == (200, shopper.email)
    assert browser.patch(ME, {"name": "New"}).status_code == 403


def test_a_refresh_token_gives_a_new_pair_once(api: APIClient, sign_in: SignIn, shopper: User) -> None:
    first = sign_in(shopper)

    answer = refreshed(api, first.refresh)

    new = answer.json()["data"]
    assert answer.status_code == 200
    assert api.get(ME, headers=bearer(new["access_token"])).status_code == 200
    assert claims(new["refresh_token"])["jti"] != claims(first.refresh)["jti"]
    assert refreshed(api, new["refresh_token"]).status_code == 200


def test_an_old_refresh_token_ends_the_whole_session(api: APIClient, sign_in: SignIn, shopper: User) -> None:
    first = sign_in(shopper)
    new = refreshed(api, first.refresh).json()["data"]

    assert refreshed(api, first.refresh).status_code == 400

    assert refreshed(api, new["refresh_token"]).status_code == 400
    assert api.get(ME, headers=bearer(new["access_token"])).status_code == 401
    assert api.get(ME, headers={"X-Session-Token": first.session_token}).status_code == 401
    assert (Session.objects.count(), UserSession.objects.count()) == (0, 0)


def test_a_replay_ends_no_other_session_of_the_person(api: APIClient, sign_in: SignIn, shopper: User) -> None:
    stolen, other = sign_in(shopper), sign_in(shopper)
    refreshed(api, stolen.refresh)

    refreshed(api, stolen.refresh)

    assert api.get(ME, headers=bearer(other.access)).status_code == 200
    assert refreshed(api, other.refresh).status_code == 200


def test_a_page_that_saves_the_session_late_brings_no_old_refresh_token_back(
    api: APIClient, sign_in: SignIn, shopper: User
) -> None:
    first = sign_in(shopper)
    late = Session.objects.get(session_key=first.session_token)
    refreshed(api, first.refresh)

    late.save()

    assert refreshed(api, first.refresh).status_code == 400


def test_signing_out_ends_both_tokens(api: APIClient, sign_in: SignIn, shopper: User) -> None:
    tokens = sign_in(shopper)

    api.delete(f"{APP}/auth/session", headers=bearer(tokens.access))

    assert api.get(ME, headers=bearer(tokens.access)).status_code == 401
    assert refreshed(api, tokens.refresh).status_code == 400


def test_the_account_pages_of_the_api_take_an_access_token(api: APIClient, sign_in: SignIn, shopper: User) -> None:
    answer = api.get(f"{APP}/auth/session", headers=bearer(sign_in(shopper).access))

    assert (answer.status_code, answer.json()["data"]["user"]["email"]) == (200, shopper.email)


def test_signing_out_everywhere_ends_tokens_too(api: APIClient, sign_in: SignIn, shopper: User) -> None:
    tokens = sign_in(shopper)

    end_sessions(user_id=shopper.id, actor=Actor(id=shopper.id), now=NOON)

    assert api.get(ME, headers=bearer(tokens.access)).status_code == 401
    assert refreshed(api, tokens.refresh).status_code == 400


@pytest.mark.parametrize("gone", ["deleted", "switched off"])
def test_tokens_of_an_account_that_is_gone_are_refused(
    api: APIClient, sign_in: SignIn, shopper: User, gone: str
) -> None:
    tokens = sign_in(shopper)
    if gone == "deleted":
        shopper.delete()
    else:
        User.objects.get_queryset().update(is_active=False)

    answer = api.get(ME, headers=bearer(tokens.access))

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert refreshed(api, tokens.refresh).status_code == 400


def test_a_role_that_is_taken_away_is_gone_at_once(api: APIClient, sign_in: SignIn, staff: User) -> None:
    token = sign_in(staff).access
    assert api.get("/api/v1/users/", headers=bearer(token)).status_code == 200

    User.objects.get_queryset().update(is_staff=False)

    assert api.get("/api/v1/users/", headers=bearer(token)).status_code == 403


def test_a_changed_password_ends_the_tokens_of_other_devices(api: APIClient, sign_in: SignIn, shopper: User) -> None:
    here, elsewhere = sign_in(shopper), sign_in(shopper)
    api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=bearer(here.access))

    answer = api.post(
        f"{APP}/account/password/change",
        {"current_password": PASSWORD, "new_password": "another-good-horse-2"},
        headers=bearer(here.access),
    )

    assert answer.status_code == 200
    assert api.get(ME, headers=bearer(elsewhere.access)).status_code == 401
    assert refreshed(api, elsewhere.refresh).status_code == 400


def test_a_key_that_signed_until_lately_still_verifies(
    api: APIClient, sign_in: SignIn, shopper: User, settings: Any
) -> None:
    tokens, old = sign_in(shopper), settings.JWT_PRIVATE_KEY
    settings.JWT_PRIVATE_KEY = settings.HEADLESS_JWT_PRIVATE_KEY = settings.IDP_OIDC_PRIVATE_KEY = new_key()
    settings.JWT_PREVIOUS_KEYS = [old]
    settings.IDP_OIDC_PRIVATE_KEYS = [{"pem": settings.JWT_PRIVATE_KEY}, {"pem": old}]

    assert api.get(ME, headers=bearer(tokens.access)).status_code == 200
    new = refreshed(api, tokens.refresh).json()["data"]["access_token"]
    listed = {key["kid"] for key in api.get("/.well-known/jwks.json").json()["keys"]}
    kids = {jwt.get_unverified_header(token)["kid"] for token in (tokens.access, new)}

    assert len(kids) == 2
    assert listed == kids


def test_a_withdrawn_key_verifies_nothing(api: APIClient, sign_in: SignIn, shopper: User, settings: Any) -> None:
    tokens = sign_in(shopper)
    settings.JWT_PRIVATE_KEY = settings.HEADLESS_JWT_PRIVATE_KEY = new_key()

    assert api.get(ME, headers=bearer(tokens.access)).status_code == 401
    assert refreshed(api, tokens.refresh).status_code == 400


def test_the_key_that_signs_is_published_without_its_private_half(
    api: APIClient, sign_in: SignIn, shopper: User
) -> None:
    kid = jwt.get_unverified_header(sign_in(shopper).access)["kid"]

    (key,) = api.get("/.well-known/jwks.json").json()["keys"]

    assert key["kid"] == kid
    assert key.keys() <= {"kty", "kid", "n", "e", "use", "alg", "key_ops"}
    assert settings.JWT_PRIVATE_KEY not in str(key)

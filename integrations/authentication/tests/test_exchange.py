"""A proxy exchanges whatever a request carries for a JWT that lives five minutes."""

from collections.abc import Callable
from typing import Any

import jwt
import pytest
from allauth.mfa.models import Authenticator
from rest_framework.test import APIClient

from apps.users.models import User
from apps.users.services.tokens import create_token
from integrations.authentication.signing import own_key
from integrations.authentication.tests.conftest import ME, SignedIn, basic, bearer
from integrations.authentication.tests.test_bad_tokens import granted
from kernel import clock
from kernel.actors import Actor
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db
EXCHANGE = "/api/v1/auth/exchange/"
SignIn = Callable[[User], SignedIn]


def claims(answer: Any) -> dict[str, Any]:
    scheme, _, token = answer.headers["Authorization"].partition(" ")
    assert (answer.status_code, scheme) == (204, "Bearer")
    kid = jwt.get_unverified_header(token)["kid"]
    return jwt.decode(token, own_key(kid), algorithms=["RS256"], audience="commerce-api", issuer="http://testserver")


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_password_becomes_a_short_lived_token(api: APIClient, proven: User, method: str) -> None:
    answer = getattr(api, method)(EXCHANGE, headers=basic(proven.email, PASSWORD))

    said = claims(answer)
    assert (said["sub"], said["gty"], said["scope"]) == (str(proven.id), "exchange", "*")
    assert (said["role"], said["rights"], said["exp"] - said["iat"]) == ("regular", [], 300)
    assert "no-store" in answer.headers["Cache-Control"]
    assert not answer.cookies


@pytest.mark.parametrize("way", [lambda _user, token: bearer(token), lambda user, token: basic(user.email, token)])
def test_a_personal_access_token_keeps_its_scopes(
    api: APIClient, proven: User, way: Callable[[User, str], dict[str, str]]
) -> None:
    actor = Actor(id=proven.id)
    made = create_token(name="till", scopes=["orders:read", "account:read"], actor=actor, now=clock.now())

    said = claims(api.get(EXCHANGE, headers=way(proven, made.text)))

    assert (said["scope"], said["client"]) == ("account:read orders:read", "till")


def test_tokens_of_sign_in_and_of_programs_are_exchanged_with_what_they_allow(
    api: APIClient, sign_in: SignIn, staff: User
) -> None:
    own = claims(api.get(EXCHANGE, headers=bearer(sign_in(staff).access)))
    program = claims(api.get(EXCHANGE, headers=bearer(granted(staff, scopes="openid orders:read")[0])))
    given, by = granted(None, scopes="catalogue:read")
    machine = claims(api.get(EXCHANGE, headers=bearer(given)))

    assert (own["role"], own["scope"], own["sub"]) == ("admin", "*", str(staff.id))
    assert (program["role"], program["scope"]) == ("admin", "openid orders:read")
    assert (machine["role"], machine["scope"], machine["client"]) == ("machine", "catalogue:read", "Parcel printer")
    assert machine["client_id"] == by.client_id
    assert "sub" not in machine


def test_an_exchanged_token_names_nobody_to_whom_the_credential_would_not(api: APIClient, shopper: User) -> None:
    unnamed = claims(api.get(EXCHANGE, headers=bearer(granted(shopper, scopes="openid orders:read")[0])))
    named = claims(api.get(EXCHANGE, headers=bearer(granted(shopper, scopes="account:read")[0])))

    assert {"email", "name"}.isdisjoint(unnamed)
    assert (named["email"], named["name"]) == (shopper.email, shopper.name)


def test_a_star_among_a_programs_scopes_is_not_exchanged_for_everything(api: APIClient, super_user: User) -> None:
    said = claims(api.get(EXCHANGE, headers=bearer(granted(super_user, scopes="* orders:read")[0])))

    assert said["scope"] == "orders:read"


def test_a_cookie_is_exchanged_for_nothing(api: APIClient, sign_in: SignIn, shopper: User) -> None:
    tokens = sign_in(shopper)
    api.force_login(shopper)
    assert api.get(ME).status_code == 200

    by_cookie = api.get(EXCHANGE)
    by_session = api.get(EXCHANGE, headers={"X-Session-Token": tokens.session_token})

    for answer in (by_cookie, by_session, APIClient().get(EXCHANGE)):
        assert answer.status_code == 401
        assert "Authorization" not in answer.headers


def test_a_bad_credential_is_refused_though_a_good_cookie_comes_along(api: APIClient, proven: User) -> None:
    api.force_login(proven)

    for headers in (bearer("x"), basic(proven.email, "wrong"), {"Authorization": "Digest x"}):
        assert api.get(EXCHANGE, headers=headers).status_code == 401


def test_a_password_is_not_enough_for_a_person_with_a_second_factor(api: APIClient, proven: User) -> None:
    Authenticator.objects.create(user=proven, type=Authenticator.Type.TOTP, data={"secret": "x"})

    answer = api.get(EXCHANGE, headers=basic(proven.email, PASSWORD))

    assert (answer.status_code, answer.json()["code"]) == (401, "access_token_required")


def test_an_exchanged_token_neither_opens_the_shop_itself_nor_lives_on_by_exchange(
    api: APIClient, proven: User
) -> None:
    token = api.get(EXCHANGE, headers=basic(proven.email, PASSWORD)).headers["Authorization"]

    assert api.get(ME, headers={"Authorization": token}).status_code == 401
    assert api.get(EXCHANGE, headers={"Authorization": token}).status_code == 401

"""What of django-allauth's sign-in and tokens ours is built on: an upgrade that moves any of it turns these red."""

import inspect
from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from allauth.core.internal import jwkkit, ratelimit
from allauth.headless.tokens.strategies.jwt import internal as headless_jwt
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client, RequestFactory

from apps.users.models import User
from integrations.authentication import allauth_internals as ours
from integrations.authentication.tests.conftest import SignedIn


def parameters(function: Any) -> set[str]:
    return set(inspect.signature(function).parameters)


def test_a_sign_up_with_a_taken_address_is_answered_by_one_function() -> None:
    assert parameters(ours.prevent_enumeration) >= {"request", "email"}


@pytest.mark.django_db
def test_a_session_is_looked_up_once_and_an_unknown_one_is_nobodys(shopper: User, statements: Any) -> None:
    browser = Client()
    browser.force_login(shopper)

    with statements() as ran:
        found = ours.person_of_session(browser.session.session_key or "")

    assert found is not None
    assert (found[0].pk, found[1].session_key) == (shopper.pk, browser.session.session_key)
    assert len(ran) == 2, ran
    assert ours.person_of_session("a" * 32) is None


@pytest.mark.django_db
def test_a_session_without_a_person_is_nobodys() -> None:
    session = SessionStore()
    session["half"] = "way"
    session.save()

    assert ours.person_of_session(session.session_key or "") is None


@pytest.mark.django_db
def test_the_token_maker_adds_what_we_do_not_and_keeps_what_we_say(shopper: User) -> None:
    assert parameters(headless_jwt.create_token) == {"token_use", "sub", "sid", "claims", "expires_in"}

    token, jti = ours.create_token("access", user=shopper, session_key="k" * 32, claims={"aud": "x"}, seconds=60)

    said = headless_jwt.decode_token(token, "access")
    assert said is not None
    assert said.keys() == {"aud", "iat", "exp", "sid", "jti", "token_use", "sub"}
    assert (said["aud"], said["jti"], said["sub"], said["exp"] - said["iat"]) == ("x", jti, str(shopper.pk), 60)
    assert ours.session_key_of(said["sid"]) == "k" * 32
    assert "k" * 32 not in token


@pytest.mark.parametrize("sid", ["", "x", "not base64!", "AAAA", "é"])
def test_a_session_that_is_none_is_no_fault(sid: str) -> None:
    assert not ours.session_key_of(sid)


def test_a_key_has_the_id_by_which_it_is_published() -> None:
    jwk, private_key = ours.jwk_of(settings.JWT_PRIVATE_KEY)

    assert jwk["kid"] == jwkkit.jwk_thumbprint(jwk)
    assert jwk.keys() & {"d", "p", "q"} == set()
    assert private_key.key_size >= 2048


def test_failures_are_counted_in_the_bucket_of_the_sign_in_page_also_for_get() -> None:
    assert parameters(ratelimit.consume) >= {"request", "app", "action", "key", "dry_run", "limit_get"}
    request = RequestFactory().get("/")
    adapter = get_adapter(request)

    for _ in range(5):
        adapter.pre_authenticate(RequestFactory().post("/"), email="Ann@example.com", password="x")

    assert ours.is_locked_out(request, email="ann@example.com")
    assert ours.count_failure(request, email="ann@example.com") is None
    assert not ours.is_locked_out(request, email="other@example.com")


def test_a_counted_failure_can_be_taken_back() -> None:
    request = RequestFactory().get("/")

    for _ in range(9):
        counted = ours.count_failure(request, email="ann@example.com")
        assert counted is not None
        counted.rollback()

    assert not ours.is_locked_out(request, email="ann@example.com")


@pytest.mark.django_db
def test_the_strategy_has_the_methods_that_we_override(sign_in: Any, shopper: User) -> None:
    from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy

    from integrations.authentication.tokens import TokenStrategy

    overridden = {name for name in vars(TokenStrategy) if not name.startswith("_")}

    assert overridden <= {name for kind in JWTTokenStrategy.__mro__ for name in vars(kind)}
    assert isinstance(sign_in(shopper), SignedIn)

"""A sign-in that waits for its second step ends with whatever ends the account's sessions."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from rest_framework.test import APIClient

from apps.users.models import User
from apps.users.services.accounts import change_user_by_staff, end_sessions, replace_password
from apps.users.services.second_factor import end_older_sessions
from integrations.authentication.tests.authenticator_app import (
    APP,
    begin_sign_in,
    code_at,
    give_code,
    prove_email,
    set_up_app,
)
from integrations.authentication.tests.test_password_at_once import link_key
from kernel.actors import SYSTEM, Actor
from tests.fixtures import NOON, PASSWORD

pytestmark = pytest.mark.django_db
Change = Callable[[User], object]


def choose_a_password(user: User) -> None:
    replace_password(user=user, password="chosen-by-its-owner-since", action="password_changed", now=NOON)


def sign_out_everywhere(user: User) -> None:
    end_sessions(user_id=user.id, actor=Actor(id=user.id, role=user.role), now=NOON)


def set_up_a_factor(user: User) -> None:
    end_older_sessions(user=user, now=NOON)


def switch_off(user: User) -> None:
    change_user_by_staff(user_id=user.id, is_active=False, actor=SYSTEM, now=NOON)


def switch_off_and_on(user: User) -> None:
    switch_off(user)
    change_user_by_staff(user_id=user.id, is_active=True, actor=SYSTEM, now=NOON)


CHANGES = [choose_a_password, sign_out_everywhere, set_up_a_factor, switch_off, switch_off_and_on]


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("change", CHANGES)
def test_a_sign_in_that_was_begun_ends_with_the_sessions(api: APIClient, shopper: User, change: Change) -> None:
    set_up_app(shopper)
    half = begin_sign_in(api, shopper.email, PASSWORD)

    change(shopper)
    answer = give_code(api, half, code_at(NOON))

    assert answer.status_code == 401
    assert "access_token" not in answer.json().get("meta", {})
    asked = api.get(f"{APP}/auth/session", headers={"X-Session-Token": half}).json()
    assert [flow for flow in asked["data"]["flows"] if flow.get("is_pending")] == []


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("change", CHANGES)
def test_on_the_pages_too(client: Client, shopper: User, change: Change) -> None:
    set_up_app(shopper)
    client.post("/accounts/login/", {"login": shopper.email, "password": PASSWORD})

    change(shopper)
    answer = client.post("/accounts/2fa/authenticate/", {"code": code_at(NOON)})

    assert answer["Location"] == "/accounts/login/"
    assert client.get("/dashboard/").status_code == 302


@pytest.mark.usefixtures("noon")
def test_a_new_secret_key_ends_none_while_the_former_is_known(
    api: APIClient, shopper: User, settings: LazySettings
) -> None:
    set_up_app(shopper)
    half = begin_sign_in(api, shopper.email, PASSWORD)

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-key-of-more-than-fifty-characters-for-tests"
    answer = give_code(api, half, code_at(NOON))

    assert answer.status_code == 200


@pytest.mark.parametrize("change", CHANGES)
def test_a_link_for_a_new_password_ends_with_the_sessions(
    api: APIClient, shopper: User, published: Callable[[], list[Any]], change: Change
) -> None:
    prove_email(shopper)
    api.post(f"{APP}/auth/password/request", {"email": shopper.email})
    key = link_key(published)

    change(shopper)
    answer = api.post(f"{APP}/auth/password/reset", {"key": key, "password": "chosen-by-a-stranger-since"})

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "invalid_password_reset")
    assert not User.objects.get(id=shopper.id).check_password("chosen-by-a-stranger-since")

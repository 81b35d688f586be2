"""Steps of second_factor.feature."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from pytest_bdd import given, parsers, scenarios, then, when

from apps.users.models import User
from integrations.authentication.tests.authenticator_app import code_at, prove_email
from tests.features.people import World, sign_in
from tests.fixtures import NOON, PASSWORD

scenarios("second_factor.feature")
pytestmark = pytest.mark.django_db(transaction=True)
NEXT_CODE = NOON + timedelta(seconds=30)


@pytest.fixture
def app() -> dict[str, str]:
    """Return what my authenticator app keeps."""
    return {}


@given("staff needs a second factor")
def _needed(settings: Any) -> None:
    settings.MFA_REQUIRED_FOR_STAFF = True


@given(parsers.parse('I am signed in as "{email}"'))
def _signed_in(
    world: World, email: str, make_user: Callable[..., User], stop_clock: Callable[[datetime], None]
) -> None:
    stop_clock(NOON)
    cache.clear()
    prove_email(User.objects.filter(email=email).first() or make_user(email))
    assert sign_in(world.me, email).redirect_chain[-1][0] == "/dashboard/"


@given("I set up an authenticator app")
@when("I set up an authenticator app")
def _set_up(world: World, app: dict[str, str]) -> None:
    world.answer = world.me.get("/accounts/2fa/totp/activate/", follow=True)
    assert "Is it you?" in world.answer.content.decode()
    back = {"password": PASSWORD, "next": "/accounts/2fa/totp/activate/"}
    world.answer = world.me.post("/accounts/reauthenticate/", back, follow=True)
    app["secret"] = world.answer.context["form"].secret
    code = {"code": code_at(NOON, app["secret"])}
    world.answer = world.me.post("/accounts/2fa/totp/activate/", code, follow=True)


@then("I see my recovery codes")
def _recovery_codes(world: World) -> None:
    assert len(world.answer.context["unused_codes"]) == 10
    assert world.answer.context["unused_codes"][0] in world.answer.content.decode()


@when("I sign out and sign in again with my password")
def _again(world: World) -> None:
    world.me.post("/accounts/logout/")
    world.answer = sign_in(world.me, "shopper@example.com")


@then("I am asked for a code")
def _asked(world: World) -> None:
    assert world.answer.request["PATH_INFO"] == "/accounts/2fa/authenticate/"
    assert world.me.get("/dashboard/").status_code == 302


@when("I enter the code that my app shows")
def _enter(world: World, app: dict[str, str], stop_clock: Callable[[datetime], None]) -> None:
    stop_clock(NEXT_CODE)
    code = {"code": code_at(NEXT_CODE, app["secret"])}
    world.answer = world.me.post("/accounts/2fa/authenticate/", code, follow=True)


@when("I enter the code that set the app up")
def _enter_used(world: World, app: dict[str, str], stop_clock: Callable[[datetime], None]) -> None:
    stop_clock(NEXT_CODE)
    code = {"code": code_at(NOON, app["secret"])}
    world.answer = world.me.post("/accounts/2fa/authenticate/", code, follow=True)


@then("I am on the dashboard")
def _dashboard(world: World) -> None:
    assert world.answer.redirect_chain[-1][0] == "/dashboard/"
    assert world.answer.status_code == 200


@when("I open the back office")
def _office(world: World) -> None:
    world.answer = world.me.get("/office/", follow=True)


@then("I am told to set up a second factor")
def _told(world: World) -> None:
    assert world.answer.redirect_chain[-1][0] == "/accounts/2fa/"
    assert "Set up a second factor to work in the back office." in world.answer.content.decode()

"""Steps of registration.feature."""

from typing import Any

import pytest
from django.core.cache import cache
from pytest_bdd import given, parsers, scenarios, then, when

from tests.features.people import World, mails_to, newest_code, sign_in
from tests.fixtures import PASSWORD

scenarios("registration.feature")
pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "ann@example.com"


def _register(world: World, email: str) -> Any:
    typed = {"email": email, "name": "Ann", "password1": PASSWORD, "password2": PASSWORD}
    return world.me.post("/accounts/signup/", typed, follow=True)


@given("I am a visitor on the registration page")
def _visitor(world: World) -> None:
    assert world.me.get("/accounts/signup/").status_code == 200


@when(parsers.parse('I register with the email "{email}" and a good password'))
def _registers(world: World, email: str) -> None:
    world.answer = _register(world, email)


@when("I enter the code that was mailed to me")
def _enters(world: World) -> None:
    code = newest_code(EMAIL)
    world.answer = world.me.post("/accounts/confirm-email/", {"code": code}, follow=True)


@given(parsers.parse('I am registered as "{email}"'))
def _registered(world: World, email: str) -> None:
    _register(world, email)
    world.me.post("/accounts/confirm-email/", {"code": newest_code(email)})
    world.me.post("/accounts/logout/")
    cache.clear()


@when("I sign in")
def _signs_in(world: World) -> None:
    world.answer = sign_in(world.me, EMAIL)


@when("I sign in with a wrong password")
def _signs_in_wrongly(world: World) -> None:
    world.answer = sign_in(world.me, EMAIL, "not-my-password-9")


@then("I am sent to the dashboard")
def _dashboard(world: World) -> None:
    assert world.answer.redirect_chain[-1][0] == "/dashboard/"
    assert world.answer.status_code == 200
    assert "Ann" in world.answer.content.decode()


@then("I am still on the sign-in page")
def _still_there(world: World) -> None:
    assert world.answer.redirect_chain == []
    assert "not correct" in world.answer.content.decode()
    assert world.me.get("/dashboard/").status_code == 302


@then("I get a welcome mail")
def _welcomed() -> None:
    assert "Welcome" in mails_to(EMAIL)[-1].subject

"""Steps of guest_buys.feature."""

import re

import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from apps.orders.models.orders import Order
from tests.features.people import World, mails_to, order_what_is_in_the_cart, put_into_cart

scenarios("guest_buys.feature")
pytestmark = pytest.mark.django_db(transaction=True)


@when(parsers.parse('I search the shop for "{words}"'))
def _search(world: World, words: str) -> None:
    world.answer = world.me.get("/products/", {"search": words})
    assert "Walnut desk lamp" in world.answer.content.decode()


@given(parsers.parse('somebody else has {quantity:d} of "{name}" in the cart'))
def _has(world: World, quantity: int, name: str) -> None:
    put_into_cart(world.somebody_else, name, quantity)


@given(parsers.parse('somebody else buys {quantity:d} of "{name}"'))
def _buys(world: World, quantity: int, name: str) -> None:
    put_into_cart(world.somebody_else, name, quantity)
    order_what_is_in_the_cart(world.somebody_else, "quick@example.com")


@when("somebody else orders what is in the cart")
def _orders(world: World) -> None:
    order_what_is_in_the_cart(world.somebody_else, "quick@example.com")
    assert Order.objects.count() == 1


@then("I am thanked with an order number")
def _thanked(world: World) -> None:
    page = world.answer.content.decode()
    assert re.search(r"/orders/[0-9a-f-]{36}/thanks/", world.answer.redirect_chain[-1][0])
    assert Order.objects.get().number in page


@then(parsers.parse('"{email}" gets a mail that confirms the order'))
def _confirmed(email: str) -> None:
    (message,) = mails_to(email)
    assert Order.objects.get().number in message.subject
    assert "Walnut desk lamp" in message.body


@then("I am told that it is sold out")
def _sold_out(world: World) -> None:
    assert re.search(r"sold out", world.answer.content.decode(), re.IGNORECASE)

"""Sentences that several features use."""

from typing import Any

import pytest
from pytest_bdd import given, parsers, then, when

from apps.orders.models.orders import Order
from tests.features.people import World, mails_to, order_what_is_in_the_cart, put_into_cart


@pytest.fixture
def world(db: None, staff: Any) -> World:
    """Return a shop with a merchant, me and somebody else."""
    world = World()
    world.staff.force_authenticate(staff)
    return world


@given(parsers.parse('the shop sells {quantity:d} of "{name}" at {price} EUR'))
def _sells(world: World, quantity: int, name: str, price: str) -> None:
    world.sell(name, on_hand=quantity, price=price)


@given(parsers.parse('I put {quantity:d} of "{name}" into the cart'))
@when(parsers.parse('I put {quantity:d} of "{name}" into the cart'))
def _put(world: World, quantity: int, name: str) -> None:
    world.answer = put_into_cart(world.me, name, quantity)


@when(parsers.parse('I order on invoice as "{email}"'))
def _order(world: World, email: str) -> None:
    world.answer = order_what_is_in_the_cart(world.me, email)


@given(parsers.parse('a guest ordered {quantity:d} of "{name}" on invoice'))
def _ordered(world: World, quantity: int, name: str) -> None:
    _ordered_at(world, quantity, name, "10.00")


@given(parsers.parse('a guest ordered {quantity:d} of "{name}" at {price} EUR on invoice'))
def _ordered_at(world: World, quantity: int, name: str, price: str) -> None:
    world.sell(name, on_hand=quantity + 5, price=price)
    put_into_cart(world.somebody_else, name, quantity)
    order_what_is_in_the_cart(world.somebody_else, "ada@example.com")
    assert Order.objects.count() == 1


@then(parsers.parse('{quantity:d} of "{name}" are left'))
def _left(world: World, quantity: int, name: str) -> None:
    assert world.shelf(name) == quantity


@then(parsers.parse("there is exactly 1 order"))
def _one_order() -> None:
    assert Order.objects.count() == 1


@then(parsers.parse("the customer gets a mail about {amount} EUR"))
def _mail_about(amount: str) -> None:
    assert f"€{amount}" in mails_to("ada@example.com")[-1].body

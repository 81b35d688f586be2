"""Steps of refund.feature."""

import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from tests.features.people import World

scenarios("refund.feature")
pytestmark = pytest.mark.django_db(transaction=True)
SKU = "STONEWARE-MUG"
NAME = "Stoneware mug"


@given("the order is shipped and paid")
def _ready(world: World) -> None:
    assert world.act("fulfilments", {}).status_code == 201, world.answer.content
    assert world.act("pay", {"reference": "bank-1"}).status_code == 200, world.answer.content
    world.shelf_before = world.shelf(NAME)


@when("I refund 1 and put it back on the shelf")
def _refund_one(world: World) -> None:
    world.act("refunds", {"lines": [{"sku": SKU, "quantity": 1}], "reason": "Came back", "restock": True})
    assert world.answer.status_code == 201, world.answer.content


@when("I refund the whole order without putting it back")
def _refund_all(world: World) -> None:
    total = world.the_order().total_minor
    amount = {"amount": f"{total // 100}.{total % 100:02}", "currency": "EUR"}
    world.act("refunds", {"amount": amount, "reason": "Broken"})
    assert world.answer.status_code == 201, world.answer.content


@when(parsers.parse("I try to refund {amount} EUR"))
def _refund_too_much(world: World, amount: str) -> None:
    world.act("refunds", {"amount": {"amount": amount, "currency": "EUR"}, "reason": "A mistake"})


@then(parsers.parse('the refund is refused with "{code}"'))
def _refused(world: World, code: str) -> None:
    assert (world.answer.status_code, world.answer.json()["code"]) == (409, code)


@then("the order is partially refunded")
def _partially(world: World) -> None:
    assert world.the_order().payment_status == "partially_refunded"


@then("the order is refunded")
def _refunded(world: World) -> None:
    assert world.the_order().payment_status == "refunded"


@then("the order is still paid")
def _still_paid(world: World) -> None:
    assert world.the_order().payment_status == "paid"


@then(parsers.parse("the stock has grown by {count:d}"))
def _grown(world: World, count: int) -> None:
    assert world.shelf(NAME) == world.shelf_before + count


@then("the stock has not grown")
def _not_grown(world: World) -> None:
    assert world.shelf(NAME) == world.shelf_before

"""Steps of staff_ships.feature."""

from typing import Any

import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from apps.orders.models.orders import OrderLine
from tests.features.people import World, mails_to

scenarios("staff_ships.feature")
pytestmark = pytest.mark.django_db(transaction=True)


@when(parsers.parse('I ship {quantity:d} with "{carrier}" and the tracking number "{number}"'))
def _ship(world: World, quantity: int, carrier: str, number: str) -> None:
    line = OrderLine.objects.get()
    parcel = {
        "lines": [{"sku": line.sku, "quantity": quantity}],
        "carrier": carrier,
        "tracking_number": number,
    }
    assert world.act("fulfilments", parcel).status_code == 201, world.answer.content


@then("the order is fulfilled")
def _fulfilled(world: World) -> None:
    assert world.the_order().fulfilment_status == "fulfilled"


@then("the order is partially fulfilled")
def _partially(world: World) -> None:
    assert world.the_order().fulfilment_status == "partially_fulfilled"


@then(parsers.parse('the customer gets a mail with the tracking number "{number}"'))
def _mailed(number: str) -> None:
    assert number in mails_to("ada@example.com")[-1].body


@then(parsers.parse("the customer has got {count:d} mails about parcels"))
def _mailed_twice(count: int) -> None:
    parcels = [one for one in mails_to("ada@example.com") if "DHL" in one.body]
    assert len(parcels) == count


@given("I am only a customer")
def _customer(world: World, shopper: Any) -> None:
    world.me.force_login(shopper)


@when("I open the back office")
def _open(world: World) -> None:
    world.answer = world.me.get("/office/orders/")


@then("I am told that I may not")
def _forbidden(world: World) -> None:
    assert world.answer.status_code == 403

"""How many statements carts and orders cost: the same for one line and for twenty-four."""

from typing import Any

import pytest

from apps.orders.selectors.shop import shop
from apps.orders.tests.factories import VoucherFactory
from apps.products.tests.factories import VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def skus(db: None) -> list[str]:
    """Return the SKUs of 24 things in stock; the shop's settings are known already."""
    shop()
    return [VariantFactory(sku=f"SKU-{number:02}", on_hand=50).sku for number in range(24)]


@pytest.mark.parametrize("lines", [1, 24])
def test_an_order_costs_twelve_statements_and_one_a_sku(
    guest: Any, skus: list[str], statements: Any, lines: int
) -> None:
    for sku in skus[:lines]:
        guest.put(sku)

    with statements() as ran:
        answer = guest.order()

    assert answer.status_code == 201
    assert len(ran) == 12 + lines, str(ran)


@pytest.mark.parametrize("payment_method", ["invoice", "bank_transfer"])
def test_stock_moves_in_the_last_statements_before_the_commit(
    guest: Any, skus: list[str], statements: Any, payment_method: str
) -> None:
    for sku in reversed(skus):
        guest.put(sku)

    with statements() as ran:
        answer = guest.order(payment_method=payment_method)

    assert answer.status_code == 201
    last = ran.sql[-24:]
    assert all(sql.replace("`", '"').startswith('UPDATE "products_stock"') for sql in last), str(ran)
    assert [sku for sql in last for sku in skus if sku in sql] == sorted(skus)


@pytest.mark.parametrize("lines", [0, 1, 23])
def test_putting_something_into_a_cart_costs_five_statements(
    guest: Any, skus: list[str], statements: Any, lines: int
) -> None:
    for sku in skus[:lines]:
        guest.put(sku)

    with statements() as ran:
        answer = guest.put(skus[-1])

    assert answer.status_code == 201
    assert len(ran) == 5, str(ran)


@pytest.mark.parametrize("lines", [1, 24])
def test_reading_a_cart_costs_three_statements(guest: Any, skus: list[str], statements: Any, lines: int) -> None:
    for sku in skus[:lines]:
        guest.put(sku)

    with statements() as ran:
        answer = guest.client.get(f"/api/v1/carts/{guest.cart['id']}/", headers=guest.headers)

    assert answer.status_code == 200
    assert len(ran) == 3, str(ran)


def test_a_purchase_of_two_lines_costs_fewer_than_thirty_statements(
    new_guest: Any, skus: list[str], statements: Any
) -> None:
    with statements() as ran:
        guest = new_guest()
        guest.put(skus[0])
        guest.put(skus[1])
        answer = guest.order()

    assert answer.status_code == 201
    assert len(ran) == 25, str(ran)


@pytest.mark.parametrize("lines", [1, 24])
def test_reading_an_order_costs_the_same_for_many_lines(
    guest: Any, skus: list[str], statements: Any, lines: int
) -> None:
    for sku in skus[:lines]:
        guest.put(sku)
    order = guest.order().json()

    with statements() as ran:
        answer = guest.client.get(f"/api/v1/orders/{order['id']}/", headers={"X-Order-Token": order["access_token"]})

    assert answer.status_code == 200
    assert len(ran) == 5, str(ran)


@pytest.mark.parametrize("lines", [1, 24])
def test_a_voucher_costs_an_order_three_statements_more(
    guest: Any, skus: list[str], statements: Any, lines: int
) -> None:
    VoucherFactory(limit=5, limit_per_person=2)
    for sku in skus[:lines]:
        guest.put(sku)

    with statements() as ran:
        answer = guest.order(voucher="TEN")

    assert answer.status_code == 201
    assert len(ran) == 15 + lines, str(ran)
    writes = [sql.replace("`", '"') for sql in ran.sql if not sql.startswith("SELECT")]
    counted = next(place for place, sql in enumerate(writes) if sql.startswith('UPDATE "orders_voucher"'))
    assert writes[counted + 1].startswith('INSERT INTO "orders_voucherredemption"')
    assert all("products_" in sql for sql in writes[counted + 2 :]), str(ran)


def test_a_voucher_costs_a_cart_one_statement_more(guest: Any, skus: list[str], statements: Any) -> None:
    VoucherFactory()
    guest.put(skus[0])
    address = f"/api/v1/carts/{guest.cart['id']}/"
    guest.client.post(f"{address}voucher/", {"code": "TEN"}, headers=guest.headers)

    with statements() as ran:
        answer = guest.client.get(address, headers=guest.headers)

    assert answer.status_code == 200
    assert len(ran) == 4, str(ran)

"""The first promise, seen from outside: sixteen buyers at once, ten pieces, ten orders."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pytest
import requests

from tests.integration.live_shop import LiveShop, running_shop

BUYERS = 16
STOCK = 10
ADDRESS = {"name": "Ada Buyer", "line1": "Market Street 1", "postcode": "00100", "city": "Helsinki", "country": "FI"}


def _cart_with_one(shop: LiveShop, sku: str) -> tuple[requests.Session, dict[str, object]]:
    buyer = requests.Session()
    cart = buyer.post(f"{shop.url}/api/v1/carts/", json={}, timeout=30).json()
    buyer.headers["X-Cart-Token"] = cart["token"]
    added = buyer.post(f"{shop.url}/api/v1/carts/{cart['id']}/lines/", json={"sku": sku, "quantity": 1}, timeout=30)
    assert added.status_code == 201, added.text
    order = {"cart": cart["id"], "email": f"{uuid4().hex}@example.com", "shipping_address": ADDRESS}
    return buyer, order


@pytest.mark.django_db(transaction=True)
def test_sixteen_buyers_at_once_get_exactly_the_ten_pieces_that_there_are(tmp_path: Path) -> None:
    with running_shop(tmp_path) as shop:
        staff = shop.staff()
        shop.sell(sku="LAMP", price="89.00", on_hand=STOCK, staff=staff)
        carts = [_cart_with_one(shop, "LAMP") for _ in range(BUYERS)]
        start = Barrier(BUYERS)

        def buy(cart: tuple[requests.Session, dict[str, object]]) -> requests.Response:
            buyer, order = cart
            start.wait(timeout=30)
            return buyer.post(
                f"{shop.url}/api/v1/orders/", json=order, headers={"Idempotency-Key": uuid4().hex}, timeout=60
            )

        with ThreadPoolExecutor(BUYERS) as pool:
            answers = list(pool.map(buy, carts))

        placed = [answer for answer in answers if answer.status_code == 201]
        refused = [answer for answer in answers if answer.status_code != 201]
        assert len(placed) == STOCK, [answer.text for answer in refused]
        assert {answer.json()["code"] for answer in refused} == {"out_of_stock"}
        assert {answer.status_code for answer in refused} == {409}
        assert len({answer.json()["number"] for answer in placed}) == STOCK
        stock = staff.get(f"{shop.url}/api/v1/stock/LAMP/", timeout=30).json()
        assert stock["available"] == 0
        assert staff.get(f"{shop.url}/api/v1/orders/?count=true", timeout=30).json()["count"] == STOCK

"""The merchant signs in, finds the order, ships it in two parcels, and the customer sees where it is."""

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.fitting import overflow
from tests.browser.signing_in import ADMIN, sign_in
from tests.integration.live_shop import LiveShop

ADDRESS = {"name": "Ada Lovelace", "line1": "Market Street 1", "postcode": "00100", "city": "Helsinki", "country": "FI"}


@pytest.fixture
def order(shop: LiveShop) -> dict[str, str]:
    """Let a guest order two notebooks on invoice, through the API."""
    api = f"{shop.url}/api/v1"
    guest = requests.Session()
    product = guest.get(f"{api}/products/", params={"search": "notebook", "in_stock": "true"}, timeout=30).json()
    variants = guest.get(f"{api}/products/{product['results'][0]['slug']}/", timeout=30).json()["variants"]
    sku = next(variant["sku"] for variant in variants if variant["available"] >= 10)
    cart = guest.post(f"{api}/carts/", json={}, timeout=30).json()
    guest.headers["X-Cart-Token"] = cart["token"]
    guest.post(f"{api}/carts/{cart['id']}/lines/", json={"sku": sku, "quantity": 2}, timeout=30)
    placed = guest.post(
        f"{api}/orders/",
        json={"cart": cart["id"], "email": "ada@example.com", "shipping_address": ADDRESS},
        headers={"Idempotency-Key": cart["id"]},
        timeout=30,
    )
    assert placed.status_code == 201, placed.text
    answer: dict[str, str] = placed.json()
    return answer


def ship(page: Page, *, quantity: int, tracking_number: str) -> None:
    page.wait_for_load_state()
    if not page.locator("input[name^='quantity-']:visible").count():
        page.get_by_text("Fulfil items").click()
    page.locator("form[action$='/fulfil/'] input[name^='quantity-']").fill(str(quantity))
    page.locator("form[action$='/fulfil/'] input[name='carrier']").fill("PostNord")
    page.locator("form[action$='/fulfil/'] input[name='tracking_number']").fill(tracking_number)
    page.locator("form[action$='/fulfil/'] button[type='submit']").click()
    expect(page.get_by_role("main")).to_contain_text(tracking_number)


@pytest.mark.parametrize("page", ["phone", "desk"], indirect=True)
def test_staff_ship_an_order_in_two_parcels(page: Page, order: dict[str, str]) -> None:
    sign_in(page, ADMIN, to="/office/orders/")
    page.get_by_role("link", name=f"#{order['number']}").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(order["number"])

    ship(page, quantity=1, tracking_number="SE000000001")
    ship(page, quantity=1, tracking_number="SE000000002")

    expect(page.locator("form[action$='/fulfil/']")).to_have_count(0)
    assert overflow(page) <= 0
    page.context.clear_cookies()
    page.goto(f"/orders/{order['id']}/?token={order['access_token']}")
    expect(page.get_by_role("main")).to_contain_text("SE000000002")

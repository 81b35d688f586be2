"""A guest buys in a real browser: on a phone and at a desk, with scripts and without, by keyboard alone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.fitting import overflow
from tests.integration.live_shop import LiveShop

PRODUCT = "Walnut desk lamp"


@pytest.fixture
def plain_page(chromium: Browser, shop: LiveShop) -> Iterator[Page]:
    """Open an empty page in a browser that runs no scripts."""
    context = chromium.new_context(base_url=shop.url, java_script_enabled=False, locale="en-GB")
    yield context.new_page()
    context.close()


def find_and_put_into_cart(page: Page) -> None:
    page.goto("/")
    page.get_by_role("searchbox").first.fill("walnut lamp")
    page.get_by_role("searchbox").first.press("Enter")
    page.get_by_role("link", name=PRODUCT).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(PRODUCT)
    page.locator("form[action='/cart/lines/'] button[type='submit']").click()
    expect(page).to_have_url(re.compile("/cart/$"))
    expect(page.get_by_role("main")).to_contain_text(PRODUCT)


def fill_in_the_till(page: Page) -> None:
    page.goto("/checkout/")
    page.locator("input[name='email']").fill("ada@example.com")
    page.locator("input[name='name']").fill("Ada Lovelace")
    page.locator("input[name='line1']").fill("Market Street 1")
    page.locator("input[name='postcode']").fill("00100")
    page.locator("input[name='city']").fill("Helsinki")


def pay_by(page: Page, method: str) -> None:
    page.locator(f"input[name='payment_method'][value='{method}']").check(force=True)


def place(page: Page) -> None:
    page.get_by_role("button", name="Place order").first.click()
    expect(page).to_have_url(re.compile("/orders/[0-9a-f-]{36}/thanks/"))


@pytest.mark.parametrize("page", ["phone", "desk"], indirect=True)
def test_a_guest_finds_a_lamp_and_orders_it_on_invoice(page: Page) -> None:
    find_and_put_into_cart(page)
    fill_in_the_till(page)
    pay_by(page, "invoice")
    place(page)

    expect(page.get_by_role("main")).to_contain_text("ada@example.com")
    assert overflow(page) <= 0


def test_a_guest_buys_without_any_script(plain_page: Page) -> None:
    find_and_put_into_cart(plain_page)
    fill_in_the_till(plain_page)
    pay_by(plain_page, "bank_transfer")
    place(plain_page)

    expect(plain_page.get_by_role("main")).to_contain_text("IBAN")


def test_what_was_typed_is_kept_when_something_is_missing(plain_page: Page) -> None:
    find_and_put_into_cart(plain_page)
    fill_in_the_till(plain_page)
    plain_page.locator("input[name='city']").fill(" ")
    plain_page.get_by_role("button", name="Place order").first.click()

    expect(plain_page.locator("input[name='line1']")).to_have_value("Market Street 1")
    expect(plain_page.locator("input[name='city']")).to_have_attribute("aria-invalid", "true")


def test_a_declined_card_can_be_replaced_by_a_good_one(page: Page) -> None:
    find_and_put_into_cart(page)
    fill_in_the_till(page)
    pay_by(page, "sandbox_card")
    place(page)

    pay_with_card(page, "4000000000000002")
    expect(page.get_by_role("main")).to_contain_text(re.compile("declined", re.IGNORECASE))
    pay_with_card(page, "4242424242424242")
    expect(page.get_by_role("main")).to_contain_text("your payment has arrived")


def pay_with_card(page: Page, number: str) -> None:
    page.locator("input[name='card_number']").fill(number)
    page.locator("input[name='expiry']").fill("12/40")
    page.locator("input[name='cvc']").fill("123")
    page.locator("form:has(input[name='card_number']) button[type='submit']").click()

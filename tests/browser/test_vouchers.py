"""The merchant makes a voucher, and a shopper types it at the basket and sees what it gives, up to the order's page."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.fitting import overflow
from tests.browser.signing_in import ADMIN, sign_in
from tests.integration.live_shop import LiveShop

from .test_buying import fill_in_the_till, find_and_put_into_cart, pay_by, place


@pytest.fixture(scope="module")
def code(chromium: Browser, shop: LiveShop) -> Iterator[str]:
    """Make a voucher of ten per cent in the back office."""
    context = chromium.new_context(base_url=shop.url, locale="en-GB")
    office = context.new_page()
    sign_in(office, ADMIN, to="/office/vouchers/new/")
    office.locator("input[name='code']").fill("harbour-10")
    office.locator("input[name='percent']").fill("10")
    office.get_by_role("main").locator("form button[type='submit']").first.click()
    office.wait_for_url(re.compile("(?<!/new)/$"))
    office.goto("/office/vouchers/")
    expect(office.get_by_role("main")).to_contain_text("HARBOUR-10")
    yield "HARBOUR-10"
    context.close()


@pytest.mark.parametrize("page", ["phone", "tablet", "desk"], indirect=True)
def test_a_voucher_counts_from_the_basket_to_the_order(page: Page, code: str) -> None:
    find_and_put_into_cart(page)
    page.locator("input[name='voucher']").fill("no-such-voucher")
    page.get_by_role("button", name="Use the voucher").click()
    expect(page.locator("input[name='voucher']")).to_have_attribute("aria-invalid", "true")

    page.locator("input[name='voucher']").fill(code.lower())
    page.get_by_role("button", name="Use the voucher").click()
    expect(page.get_by_role("main")).to_contain_text(code)
    assert overflow(page) <= 0

    fill_in_the_till(page)
    expect(page.get_by_role("main")).to_contain_text(code)
    assert overflow(page) <= 0

    pay_by(page, "invoice")
    place(page)
    expect(page.get_by_role("main")).to_contain_text(code)
    assert overflow(page) <= 0

"""A customer is led from the till to the provider's page and back, by a browser that minds where forms lead."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from integrations.payments.tests.stripe_stand_in import StandIn
from tests.integration.live_shop import LiveShop

from .test_buying import fill_in_the_till, find_and_put_into_cart, pay_by


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def buyer(request: pytest.FixtureRequest, chromium: Browser, shop: LiveShop) -> Iterator[Page]:
    """Open an empty page in a browser that runs scripts, and in one that does not."""
    context = chromium.new_context(base_url=shop.url, java_script_enabled=request.param, locale="en-GB")
    yield context.new_page()
    context.close()


def test_the_till_leads_to_the_provider_who_may_be_left_and_come_back_to(buyer: Page, stand_in: StandIn) -> None:
    find_and_put_into_cart(buyer)
    fill_in_the_till(buyer)
    pay_by(buyer, "stripe")
    buyer.get_by_role("button", name="Place order").first.click()
    expect(buyer).to_have_url(re.compile(re.escape(stand_in.url)))

    buyer.get_by_role("button", name="Stop").click()
    expect(buyer).to_have_url(re.compile("/orders/[0-9a-f-]{36}/pay/"))
    buyer.get_by_role("button", name=re.compile("^Pay ")).click()
    expect(buyer).to_have_url(re.compile(re.escape(stand_in.url)))

    buyer.get_by_role("button", name="Pay").click()
    expect(buyer).to_have_url(re.compile("/orders/[0-9a-f-]{36}/thanks/"))
    expect(buyer.get_by_role("main")).to_contain_text("Your payment has arrived")

"""Every page that anybody may open opens, on a phone and on a desk, without sideways scrolling or a script's error."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fitting import overflow
from tests.integration.live_shop import PASSWORD

PUBLIC = ("/", "/products/", "/cart/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/")


@pytest.mark.parametrize("page", ["phone", "tablet", "desk"], indirect=True)
@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_page_opens_and_fits(page: Page, address: str) -> None:
    answer = page.goto(address)

    assert answer is not None
    assert answer.status == 200
    assert page.locator("h1").count() == 1
    assert overflow(page) <= 0


@pytest.mark.parametrize("page", ["tablet"], indirect=True)
def test_the_header_of_staff_is_one_line_on_a_tablet(page: Page) -> None:
    page.goto("/accounts/login/?next=/")
    page.locator("input[name='login']").fill("admin@example.com")
    page.locator("input[name='password']").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()

    search, tools = page.locator(".shop-header .search"), page.get_by_role("link", name="Back office").first
    expect(tools).to_be_visible()

    assert abs((search.bounding_box() or {"y": 0})["y"] - (tools.bounding_box() or {"y": 999})["y"]) < 20

"""Every page that anybody may open opens, on a phone and on a desk, without sideways scrolling or a script's error."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fitting import overflow
from tests.browser.signing_in import ADMIN, sign_in

PUBLIC = ("/", "/products/", "/cart/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/")


@pytest.mark.parametrize("page", ["phone", "tablet", "desk"], indirect=True)
@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_page_opens_and_fits(page: Page, address: str) -> None:
    answer = page.goto(address)

    assert answer is not None
    assert answer.status == 200
    expect(page.locator("h1")).to_have_count(1)
    assert overflow(page) <= 0


@pytest.mark.parametrize("page", ["tablet"], indirect=True)
def test_the_header_of_staff_is_one_line_on_a_tablet(page: Page) -> None:
    sign_in(page, ADMIN, to="/")

    search, tools = page.locator(".shop-header .search"), page.get_by_role("link", name="Back office").first
    expect(tools).to_be_visible()

    assert abs((search.bounding_box() or {"y": 0})["y"] - (tools.bounding_box() or {"y": 999})["y"]) < 20

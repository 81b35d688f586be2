"""Every page that anybody may open opens, on a phone and on a desk, without sideways scrolling or a script's error."""

import pytest
from playwright.sync_api import Page

PUBLIC = ("/", "/products/", "/cart/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/")


@pytest.mark.parametrize("page", ["phone", "tablet", "desk"], indirect=True)
@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_page_opens_and_fits(page: Page, address: str) -> None:
    answer = page.goto(address)

    assert answer is not None
    assert answer.status == 200
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0

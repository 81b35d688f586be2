"""The merchant sees a picture beside what is told about it, not below it, on a phone and on a desk."""

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.fitting import overflow
from tests.integration.live_shop import PASSWORD


def right_edge(element: Locator) -> float:
    box = element.bounding_box()
    assert box is not None
    return box["x"] + box["width"]


def left_edge(element: Locator) -> float:
    box = element.bounding_box()
    assert box is not None
    return box["x"]


@pytest.mark.parametrize("page", ["phone", "tablet", "desk"], indirect=True)
def test_a_picture_stands_clear_of_its_form(page: Page) -> None:
    page.goto("/accounts/login/?next=/office/products/")
    page.locator("input[name='login']").fill("admin@example.com")
    page.locator("input[name='password']").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    page.locator(".row-link").first.click()
    page.get_by_role("link", name="Pictures").click()

    line = page.locator(".picture-line").first
    line.wait_for()

    assert right_edge(line.locator(".thumbnail")) <= left_edge(line.locator("form").first)
    assert overflow(page) <= 0

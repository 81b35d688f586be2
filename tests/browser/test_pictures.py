"""The merchant sees a picture beside what is told about it, not below it, on a phone and on a desk."""

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.fitting import overflow
from tests.browser.signing_in import ADMIN, sign_in


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
    sign_in(page, ADMIN, to="/office/products/")
    page.locator(".row-link").first.click()
    page.get_by_role("link", name="Pictures").click()

    line = page.locator(".picture-line").first
    line.wait_for()

    assert overflow(page) <= 0
    assert right_edge(line.locator(".thumbnail")) <= left_edge(line.locator("form").first)

"""Which orders hold stock is readable on a phone and on a desk."""

import pytest
from playwright.sync_api import Page

from tests.browser.fitting import overflow
from tests.integration.live_shop import PASSWORD


@pytest.mark.parametrize("page", ["phone", "tablet", "desk"], indirect=True)
def test_the_list_of_reservations_fits(page: Page) -> None:
    page.goto("/accounts/login/?next=/office/reservations/")
    page.locator("input[name='login']").fill("admin@example.com")
    page.locator("input[name='password']").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="Reservations").wait_for()

    for state in ("held", "all", "overdue"):
        page.goto(f"/office/reservations/?state={state}")

        assert page.locator(".tabs [aria-current]").count() == 1
        assert overflow(page) <= 0, state

"""Which orders hold stock is readable on a phone and on a desk."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fitting import overflow
from tests.browser.signing_in import ADMIN, sign_in


@pytest.mark.parametrize("page", ["phone", "tablet", "desk"], indirect=True)
def test_the_list_of_reservations_fits(page: Page) -> None:
    sign_in(page, ADMIN)

    for state in ("held", "all", "overdue"):
        page.goto(f"/office/reservations/?state={state}")

        expect(page.locator(".tabs [aria-current]")).to_have_count(1)
        assert overflow(page) <= 0, state

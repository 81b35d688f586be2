"""Signing in and out by the pages, each step done before the next begins."""

import re

from playwright.sync_api import Page

from tests.integration.live_shop import PASSWORD

SIGN_IN = "/accounts/login/"
ADMIN, SHOPPER = "admin@example.com", "shopper@example.com"
"""People of the demo shop."""


def sign_in(page: Page, email: str, *, to: str = "/dashboard/") -> None:
    """Sign in with the password, and wait for what comes after it: the page asked for, or a second step."""
    page.goto(f"{SIGN_IN}?next={to}")
    give_password(page, email)


def give_password(page: Page, email: str) -> None:
    """Fill in the sign-in page that is open. Who goes on before it has answered takes the cookie from himself."""
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile(f"^(?!.*{SIGN_IN}(\\?|$))"))


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("^(?!.*/accounts/logout/)"))

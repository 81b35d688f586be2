"""Whether a page fits on the screen."""

from playwright.sync_api import Page


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than the screen, once it is here with its styles."""
    page.wait_for_load_state()
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

"""A demo shop in a process of its own, and pages of the system's Chromium that notice what goes wrong on them."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from integrations.payments.tests.stripe_stand_in import SECRET, StandIn, stripe
from tests.integration.live_shop import PASSWORD, LiveShop, running_shop

NAMES = ("chromium", "chromium-browser", "google-chrome")
REFUSED_FORM = "status of 422"
"""A form that comes back with its messages is no trouble."""
PATIENCE_MS = 30_000
"""For a page on a busy machine; only a test that fails waits so long."""
SIZES = {"phone": (360, 800), "tablet": (768, 1024), "desk": (1280, 900)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker("browser")


@pytest.fixture(scope="session")
def stand_in() -> Iterator[StandIn]:
    """Run what answers in the place of Stripe."""
    with stripe() as server:
        yield server


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, stand_in: StandIn) -> Iterator[LiveShop]:
    """Run one demo shop for all tests of the browser; its people have PASSWORD."""
    folder = tmp_path_factory.mktemp("shop")
    card = {
        "STRIPE_SECRET_KEY": "sk_test_1",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "STRIPE_API_BASE": stand_in.url,
        "STRIPE_PAGE_ORIGINS": stand_in.url,
    }
    with running_shop(
        folder, demo=True, DEMO_PASSWORD=PASSWORD, DEBUG="true", **card
    ) as running:  # static files as they are
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    program = next((path for name in NAMES if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip("there is no Chromium: make tools")
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in this thread; the ORM is not used there
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE") if before is None else os.environ.update(
        DJANGO_ALLOW_ASYNC_UNSAFE=before
    )


@pytest.fixture(params=["desk"])
def page(request: pytest.FixtureRequest, chromium: Browser, shop: LiveShop) -> Iterator[Page]:
    """Open an empty page; fail when a script failed, the policy of contents was broken, or a file was missing.

    ``@pytest.mark.parametrize("page", ["phone", "tablet", "desk"], indirect=True)`` gives other sizes.
    """
    width, height = SIZES[request.param]
    context = chromium.new_context(base_url=shop.url, viewport={"width": width, "height": height}, locale="en-GB")
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    troubles: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and REFUSED_FORM not in message.text:
            troubles.append(f"{message.location.get('url', '')}: {message.text}")

    opened.on("console", note)
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    yield opened
    context.close()
    assert troubles == []

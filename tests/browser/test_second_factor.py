"""Second factors in a real browser: a passkey of Chromium's virtual authenticator, an app's codes, no broken policy."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import CDPSession, Page, Route, expect

from chaos.processes import free_port
from integrations.authentication.tests.authenticator_app import code_at
from tests.browser.conftest import SIZES
from tests.browser.fitting import overflow
from tests.browser.signing_in import ADMIN, SHOPPER, sign_in, sign_out
from tests.integration.live_shop import PASSWORD, LiveShop, running_shop

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    """Run a shop at http://localhost, where browsers allow passkeys without a certificate; staff needs a factor."""
    port = free_port()
    with running_shop(
        tmp_path_factory.mktemp("passkeys"),
        demo=True,
        DEMO_PASSWORD=PASSWORD,
        DEBUG="true",
        PORT=str(port),
        PUBLIC_URL=f"http://localhost:{port}",
        MFA_REQUIRED_FOR_STAFF="true",
    ) as running:
        running.url = running.environment["PUBLIC_URL"]
        yield running


@pytest.fixture
def authenticator(page: Page) -> CDPSession:
    """Put a security key with a fingerprint reader into the browser."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    return session


def show_who_you_are(page: Page) -> None:
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def test_a_passkey_is_added_signs_in_alone_and_is_the_second_factor(page: Page, authenticator: CDPSession) -> None:
    sign_in(page, SHOPPER)
    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Add a passkey").click()
    show_who_you_are(page)
    page.get_by_label("Name").fill("My laptop")
    page.get_by_label("Sign in with it alone").check()
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_text("These codes are shown only now.")).to_be_visible()

    sign_out(page)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/dashboard/")

    sign_out(page)
    sign_in(page, SHOPPER)
    expect(page.get_by_role("heading", name="Enter the code")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/dashboard/")

    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_text("My laptop")).to_be_visible()


def test_the_button_for_a_passkey_waits_for_its_script(page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/mfa/js/webauthn.js", hold)
    page.goto("/accounts/login/", wait_until="commit")
    button = page.get_by_role("button", name="Sign in with a passkey")
    expect(button).to_be_disabled()

    held[0].continue_()

    expect(button).to_be_enabled()


def test_an_app_is_set_up_from_the_page_and_its_codes_are_saved(page: Page, shop: LiveShop) -> None:
    email = "app@example.com"
    shop.environment["PASSWORD"] = PASSWORD
    shop.manage("create_super_user", "--email", email)
    sign_in(page, email)
    page.goto("/office/")
    expect(page.get_by_text("Set up a second factor to work in the back office.")).to_be_visible()
    page.get_by_role("link", name="Set up an app").click()
    show_who_you_are(page)
    page.get_by_text("The camera does not work?").click()
    secret = page.locator("code.secret").inner_text()
    page.wait_for_load_state()
    assert page.locator("img.qr-code").evaluate("image => image.naturalWidth") > 0
    page.get_by_label("code").fill(code_at(datetime.now(tz=UTC), secret))
    page.get_by_role("button", name="Activate").click()

    shown = page.locator(".recovery-codes code")
    expect(shown).to_have_count(10)
    codes = shown.all_inner_texts()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download").click()

    assert started.value.path().read_text().split() == codes
    page.goto("/office/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile("/office/"))


@pytest.mark.parametrize("page", SIZES, indirect=True)
def test_the_pages_of_the_second_factor_fit_their_window(page: Page) -> None:
    sign_in(page, ADMIN)
    expect(page.get_by_text("Your rights in the back office wait for a second factor.")).to_be_visible()
    page.goto("/accounts/2fa/totp/activate/")
    show_who_you_are(page)

    for path in ("", "totp/activate/", "webauthn/", "webauthn/add/"):
        page.goto(f"/accounts/2fa/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert overflow(page) <= 0, path

"""Two shops, each a process of its own: people of the first sign in at the second, in a real browser."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from chaos.processes import free_port
from tests.browser.conftest import PATIENCE_MS, SIZES
from tests.browser.fitting import overflow
from tests.browser.signing_in import give_password
from tests.integration.live_shop import PASSWORD, ROOT, LiveShop, running_shop

pytestmark = pytest.mark.browser
CONNECT = """
from apps.users.services.clients import Wanted, connect_program
from kernel import clock
from kernel.actors import SYSTEM
program, secret = connect_program(
    wanted=Wanted(name="The other shop", scopes=("openid", "profile", "email"), redirect_uris=("{callback}",)),
    actor=SYSTEM, now=clock.now())
print("PROGRAM", program.id, secret)
"""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    """Run the shop that vouches; ann@example.com has a proven address there."""
    with running_shop(tmp_path_factory.mktemp("first"), DEBUG="true", MFA_REQUIRED_FOR_STAFF="false") as shop:
        make_person(shop, "ann@example.com")
        yield shop


@pytest.fixture(scope="module")
def second(first: LiveShop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    """Run the shop that lets the first one's people in; its cookies belong to another host name."""
    port = free_port()
    url = f"http://localhost:{port}"
    printed = first.manage("shell", "-c", CONNECT.format(callback=f"{url}/accounts/oidc/sso/login/callback/"))
    found = re.search(r"PROGRAM (\S+) (\S+)", printed)
    assert found is not None, printed
    with running_shop(
        tmp_path_factory.mktemp("second"),
        DEBUG="true",
        PORT=str(port),
        PUBLIC_URL=url,
        OIDC_LOGIN_NAME="First shop",
        OIDC_LOGIN_SERVER_URL=first.url,
        OIDC_LOGIN_CLIENT_ID=found[1],
        OIDC_LOGIN_CLIENT_SECRET=found[2],
    ) as shop:
        yield LiveShop(url=url, environment=shop.environment)


def make_person(shop: LiveShop, email: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "create_super_user", "--email", email],
        cwd=ROOT,
        env={**shop.environment, "PASSWORD": PASSWORD},
        check=True,
        capture_output=True,
        timeout=120,
    )


@pytest.fixture(params=["desk"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    width, height = SIZES[request.param]
    context = chromium.new_context(viewport={"width": width, "height": height}, locale="en-GB")
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    yield opened
    context.close()


def go_to_first(page: Page, second: LiveShop) -> None:
    page.goto(f"{second.url}/accounts/login/")
    page.get_by_role("button", name="Continue with First shop").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("^http://127.0.0.1:"))


@pytest.mark.parametrize("page", ["phone", "tablet", "desk"], indirect=True)
def test_the_button_stands_on_the_sign_in_page_and_fits(page: Page, second: LiveShop) -> None:
    for path in ("/accounts/login/", "/accounts/signup/"):
        page.goto(f"{second.url}{path}")

        expect(page.get_by_role("button", name="Continue with First shop")).to_be_visible()
        assert overflow(page) <= 0


def test_a_person_of_one_shop_signs_in_at_the_other(page: Page, second: LiveShop) -> None:
    go_to_first(page, second)
    give_password(page, "ann@example.com")
    page.get_by_role("button", name="Allow", exact=True).click()

    page.wait_for_url(f"{second.url}/dashboard/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hello")
    page.goto(f"{second.url}/accounts/3rdparty/")
    expect(page.get_by_text("ann@example.com").first).to_be_visible()


def test_who_says_no_at_the_first_is_not_signed_in_at_the_second(page: Page, second: LiveShop) -> None:
    go_to_first(page, second)
    give_password(page, "ann@example.com")
    page.get_by_role("button", name="Do not allow").click()

    page.wait_for_url(re.compile("^http://localhost:"))
    expect(page.get_by_text("You said no there")).to_be_visible()
    page.goto(f"{second.url}/dashboard/")
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_an_account_of_the_same_address_at_the_second_is_not_taken_over(
    page: Page, first: LiveShop, second: LiveShop
) -> None:
    for shop in (first, second):
        make_person(shop, "both@example.com")
    go_to_first(page, second)
    give_password(page, "both@example.com")
    page.get_by_role("button", name="Allow", exact=True).click()

    page.wait_for_url(f"{second.url}/accounts/confirm-email/")
    page.goto(f"{second.url}/dashboard/")
    expect(page).to_have_url(
        f"{second.url}/accounts/confirm-email/"
    )  # not in, and still asked for a code that nobody gets


def test_the_second_shop_says_so_when_the_first_is_gone(page: Page, tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    with running_shop(
        tmp_path,
        DEBUG="true",
        OIDC_LOGIN_SERVER_URL=nobody,
        OIDC_LOGIN_NAME="Gone",
        OIDC_LOGIN_CLIENT_ID="shop",
        OIDC_LOGIN_CLIENT_SECRET="kept",
    ) as shop:
        page.goto(f"{shop.url}/accounts/login/")
        page.get_by_role("button", name="Continue with Gone").click()

        expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()

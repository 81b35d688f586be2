"""A person signs in to another program with the account here: a real browser, and openid-client as the program."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from chaos.processes import free_port
from tests.browser.fitting import overflow
from tests.browser.signing_in import SHOPPER, give_password
from tests.integration.live_shop import ROOT, LiveShop

SCRIPT = ROOT / "tests" / "integration" / "oidc" / "openid_client.mjs"
LIBRARY = ROOT / "node_modules" / "openid-client"
SCOPE = "openid profile email orders:read"
Start = Callable[..., str]


@pytest.fixture
def start_program(shop: LiveShop, tmp_path: Path) -> Iterator[Start]:
    """Return a function that connects a program to the shop, starts it, and gives its address."""
    node = shutil.which("node")
    if node is None or not LIBRARY.exists():
        pytest.skip("openid-client is not installed: run tests/tools.sh")
    running: list[subprocess.Popen[str]] = []

    def start(**changes: Any) -> str:
        port = free_port()
        back = f"http://127.0.0.1:{port}/callback"
        wanted = {"name": "Parcel watcher", "scopes": SCOPE.split(), "redirect_uris": [back]} | changes
        owner = shop.confirm(shop.sign_in("super@example.com"))
        made = owner.post(f"{shop.url}/api/v1/oauth-clients/", json=wanted, timeout=30)
        assert made.status_code == 201, made.text
        told = made.json()
        settings = {
            "issuer": shop.url,
            "clientId": told["id"],
            "secret": told["secret"],
            "port": port,
            "scope": SCOPE,
        }
        process = subprocess.Popen(
            [node, str(SCRIPT), json.dumps(settings)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=(tmp_path / "program.log").open("w"),
            text=True,
        )
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", (tmp_path / "program.log").read_text()
        return f"http://127.0.0.1:{port}"

    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=10)


@pytest.mark.parametrize("is_confidential", [True, False], ids=["with a secret", "public"])
def test_a_person_signs_in_to_a_program_which_checks_everything(
    page: Page, shop: LiveShop, start_program: Start, is_confidential: bool
) -> None:
    page.goto(start_program(is_confidential=is_confidential) + "/start")
    give_password(page, SHOPPER)
    page.get_by_role("button", name="Allow", exact=True).click()
    page.wait_for_url("**/callback?**")

    told = json.loads(page.locator("pre").inner_text())
    assert told["claims"]["iss"] == shop.url
    assert (told["person"]["email"], told["person"]["email_verified"]) == ("shopper@example.com", True)
    assert told["person"]["role"] == "regular"
    assert told["orders"] == 200
    assert told["known"] == (True if is_confidential else "not asked")
    assert told["refused"] == "invalid_token"
    assert (told["replay"], told["family"]) == ("invalid_grant", "invalid_grant")


def test_a_person_refuses_a_program_and_it_is_told(page: Page, start_program: Start) -> None:
    page.goto(start_program() + "/start")
    give_password(page, SHOPPER)
    page.get_by_role("button", name="Do not allow").click()
    page.wait_for_url("**/callback?**")

    assert json.loads(page.locator("pre").inner_text())["error"] == "access_denied"


@pytest.mark.parametrize("page", ["phone", "tablet", "desk"], indirect=True)
def test_the_question_says_who_asks_for_what_and_fits(page: Page, start_program: Start) -> None:
    address = start_program()
    page.goto(address + "/start")
    give_password(page, SHOPPER)

    shown = page.get_by_role("main").inner_text()

    assert "Parcel watcher" in shown
    assert "shopper@example.com" in shown
    assert "See carts and orders" in shown
    assert address in shown
    assert overflow(page) <= 0


def test_the_question_is_answered_by_keyboard_alone(page: Page, start_program: Start) -> None:
    page.goto(start_program() + "/start")
    give_password(page, SHOPPER)
    page.get_by_role("button", name="Do not allow").wait_for()

    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "grant":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/callback?**")

    assert json.loads(page.locator("pre").inner_text())["orders"] == 200

"""The account pages: overview and profile."""

import re
from typing import Any

import pytest
from django.test import Client

from apps.users.models import User
from apps.users.tests.factories import AddressFactory
from contracts.orders import OrderSummary
from kernel.ids import uuid7
from kernel.money import Money
from tests.fixtures import NOON

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/dashboard/", "/accounts/profile/", "/accounts/addresses/"])
def test_a_stranger_signs_in_first(client: Client, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={path}")


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/accounts/addresses/?a=1", "/accounts/login/?next=/accounts/addresses/%3Fa%3D1"),
        ("https://evil.test/accounts/addresses/", "/accounts/login/?next=/dashboard/"),
        ("javascript:alert(1)", "/accounts/login/?next=/dashboard/"),
        ("", "/accounts/login/?next=/dashboard/"),
    ],
)
def test_a_form_that_came_too_late_leads_back_to_its_page(client: Client, referer: str, back: str) -> None:
    path = f"/accounts/addresses/{uuid7()}/delete/"

    answer = client.post(path, headers={"Referer": referer})

    assert (answer.status_code, answer["Location"]) == (302, back)


def test_the_overview_shows_the_newest_orders(client: Client, shopper: User, monkeypatch: pytest.MonkeyPatch) -> None:
    order = OrderSummary(
        id=uuid7(),
        number="AB12CD",
        status="open",
        payment_status="unpaid",
        fulfilment_status="unfulfilled",
        total=Money(2500, "EUR"),
        placed_at=NOON,
    )
    monkeypatch.setattr("apps.orders.facade.Facade.recent_orders", lambda _self, **_asked: [order])
    client.force_login(shopper)

    page = client.get("/dashboard/").content.decode()

    assert f'href="/orders/{order.id}/"' in page
    assert "#AB12CD" in page
    assert "€25.00" in page
    assert "/office/" not in page


def test_staff_finds_the_back_office_on_the_overview(client: Client, staff: User) -> None:
    client.force_login(staff)

    assert 'href="/office/"' in client.get("/dashboard/").content.decode()


def test_a_phone_whose_header_is_narrow_can_sign_out_too(client: Client, shopper: User) -> None:
    client.force_login(shopper)

    page = client.get("/dashboard/").content.decode()

    menu = page.partition('<details class="account-menu">')[2].partition("</details>")[0]
    assert '<form action="/accounts/logout/" method="post">' in menu


def test_every_page_that_the_account_menu_names_opens_and_is_marked_in_it(client: Client, shopper: User) -> None:
    client.force_login(shopper)
    menu = (
        client.get("/dashboard/").content.decode().partition('<nav class="account-nav"')[2].partition("</details>")[0]
    )

    addresses = re.findall(r'<a href="([^"]+)"', menu)

    assert len(addresses) == 12
    for address in addresses:
        page = client.get(address, follow=True).content.decode()
        assert re.search(rf'<a href="{address}"\s+aria-current="page">', page), address


@pytest.mark.parametrize("path", ["/dashboard/", "/accounts/addresses/"])
def test_an_address_names_its_country(client: Client, shopper: User, path: str) -> None:
    AddressFactory(user=shopper)
    client.force_login(shopper)

    page = client.get(path).content.decode()

    assert "Stockholm" in page
    assert "Sweden" in page


def test_a_profile_is_changed_and_shown_escaped(client: Client, shopper: User) -> None:
    client.force_login(shopper)

    assert client.post("/accounts/profile/", {"name": "<i>Sofia</i>"})["Location"] == "/accounts/profile/"

    page = client.get("/dashboard/").content.decode()
    assert "Hello, &lt;i&gt;Sofia&lt;/i&gt;" in page


@pytest.mark.parametrize("name", ["x" * 151, "nul\x00"])
def test_a_bad_name_is_shown_again(client: Client, shopper: User, name: str) -> None:
    client.force_login(shopper)

    page = client.post("/accounts/profile/", {"name": name})

    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["name"]
    shopper.refresh_from_db()
    assert shopper.name == "Shopper"


def test_signing_out_everywhere_else_keeps_only_this_session(client: Client, shopper: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(shopper)
    client.force_login(shopper)

    client.post("/accounts/sessions/end/")

    assert client.get("/dashboard/").status_code == 200
    assert elsewhere.get("/dashboard/").status_code == 302


def test_the_pages_only_write_by_post(client: Client, shopper: User, statements: Any) -> None:
    client.force_login(shopper)

    assert client.get("/accounts/sessions/end/").status_code == 405
    assert client.get(f"/accounts/addresses/{uuid7()}/delete/").status_code == 405
    assert client.delete("/accounts/profile/").status_code == 405

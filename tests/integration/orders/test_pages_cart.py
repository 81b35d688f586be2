"""The basket's pages: filling it, changing it, what changed since, and whose it is."""

from typing import Any

import pytest
from django.test import Client

from apps.orders.models.carts import Cart, CartLine, CartStatus
from apps.orders.models.settings import ShopSettings
from apps.orders.pages import cart as cart_pages
from apps.orders.selectors.shop import forget_shop
from apps.orders.tests.factories import CartFactory
from apps.products.models.catalogue import Product, Variant
from apps.products.models.stock import Stock
from apps.products.tests.factories import VariantFactory

pytestmark = pytest.mark.django_db
MAX_STATEMENTS = 3
"""The cart, its lines, and what they cost now."""


def put(client: Client, sku: str, quantity: object = 1) -> Any:
    return client.post("/cart/lines/", {"sku": sku, "quantity": quantity})


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_a_guest_fills_a_basket(client: Client, mug: Any) -> None:
    answer = put(client, "MUG", 2)

    assert (answer.status_code, answer["Location"]) == (302, "/cart/")
    line = CartLine.objects.get()
    assert (line.sku, line.quantity) == ("MUG", 2)
    assert client.cookies["cart"].value == f"{line.cart_id}.{line.cart.token}"
    assert (client.cookies["cart"]["httponly"], client.cookies["cart"]["samesite"]) == (True, "Lax")
    assert client.cookies["cart_count"].value == "2"
    assert "€24.90" in text_of(client.get("/cart/"))


def test_the_cookies_of_a_shop_on_https_are_secure(client: Client, mug: Any, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True

    put(client, "MUG")

    kept = client.cookies["__Host-cart"]
    assert (kept["secure"], kept["path"], kept["domain"]) == (True, "/", "")
    assert client.cookies["cart_count"]["secure"] is True


def test_a_basket_that_a_neighbouring_host_put_there_is_none(client: Client, mug: Any, settings: Any) -> None:
    put(client, "MUG")
    planted = client.cookies["cart"].value
    settings.SESSION_COOKIE_SECURE = True
    shopper = Client()
    shopper.cookies["cart"] = planted

    put(shopper, "MUG", 2)

    assert CartLine.objects.get(quantity=1).cart_id != CartLine.objects.get(quantity=2).cart_id
    assert "Your basket is empty" in text_of(client.get("/cart/"))


def test_after_the_shop_took_another_currency_a_basket_begins_anew(client: Client, mug: Any, shopper: Any) -> None:
    signed_in = Client()
    signed_in.force_login(shopper)
    for browser in (client, signed_in):
        put(browser, "MUG")
    ShopSettings.objects.update(currency="SEK")
    forget_shop()
    VariantFactory(sku="KOPP", on_hand=5, currency="SEK")

    for browser in (client, signed_in):
        assert "Your basket is empty" in text_of(browser.get("/cart/"))
        assert put(browser, "KOPP").status_code == 302
        assert [line.sku for line in browser.get("/cart/").context["cart"].lines] == ["KOPP"]


def test_an_empty_basket_says_so_and_needs_no_statement(client: Client, mug: Any, statements: Any) -> None:
    client.get("/cart/")

    with statements() as ran:
        answer = client.get("/cart/")

    assert "Your basket is empty" in text_of(answer)
    assert len(ran) == 0, ran


@pytest.mark.parametrize("lines", [1, 12])
def test_the_basket_costs_the_same_however_full_it_is(client: Client, statements: Any, lines: int) -> None:
    for number in range(lines):
        VariantFactory(sku=f"CUP-{number}")
        put(client, f"CUP-{number}")
    client.get("/cart/")

    with statements() as ran:
        answer = client.get("/cart/")

    assert answer.content.count(b'class="line"') == lines
    assert len(ran) == MAX_STATEMENTS, ran


@pytest.mark.parametrize("quantity", ["0", "-1", "1000000000000000000", "abc", "", "1.5", "\x00", "9" * 5000])
def test_a_quantity_that_is_none_is_told_at_its_field(client: Client, mug: Any, quantity: str) -> None:
    answer = put(client, "MUG", quantity)

    assert answer.status_code == 422
    assert "id_quantity_error" in text_of(answer)
    assert not Cart.objects.exists()


@pytest.mark.parametrize("sku", ["NOSUCH", "MUG\x00", "x" * 65, ""])
def test_an_unknown_article_is_told(client: Client, mug: Any, sku: str) -> None:
    answer = put(client, sku)

    assert answer.status_code == 422
    assert not CartLine.objects.exists()


def test_more_than_there_is_cannot_be_put_in(client: Client, bowl: Any) -> None:
    answer = put(client, "BOWL", 6)

    assert answer.status_code == 422
    assert "Only 5 are left." in text_of(answer)
    assert 'value="6"' in text_of(answer)


def test_a_quantity_is_changed(client: Client, mug: Any) -> None:
    put(client, "MUG")
    line = CartLine.objects.get()

    answer = client.post("/cart/", {f"quantity-{line.id}": "3"}, follow=True)

    line.refresh_from_db()
    assert line.quantity == 3
    assert client.cookies["cart_count"].value == "3"
    assert "Your basket is up to date." in text_of(answer)


@pytest.mark.parametrize(
    ("quantity", "words"), [("0", "At least 1"), ("x", "A whole number"), ("11", "Only 10 are left")]
)
def test_a_change_that_cannot_be_keeps_what_was_typed(client: Client, mug: Any, quantity: str, words: str) -> None:
    put(client, "MUG")
    line = CartLine.objects.get()

    answer = client.post("/cart/", {f"quantity-{line.id}": quantity})

    assert answer.status_code == 422
    assert words in text_of(answer)
    assert f'value="{quantity}"' in text_of(answer)
    line.refresh_from_db()
    assert line.quantity == 1


def test_a_line_is_taken_out(client: Client, mug: Any) -> None:
    put(client, "MUG")
    line = CartLine.objects.get()

    answer = client.post(f"/cart/lines/{line.id}/remove/", follow=True)

    assert not CartLine.objects.exists()
    assert client.cookies["cart_count"].value == ""
    assert "Your basket is empty" in text_of(answer)


def test_a_price_that_changed_is_named_and_taken_with_one_click(client: Client, mug: Any) -> None:
    put(client, "MUG")
    Variant.objects.update(price_minor=1200)

    assert "The price changed from €10.00 to €12.00." in text_of(client.get("/cart/"))
    assert client.get("/checkout/")["Location"] == "/cart/"

    answer = client.post("/cart/prices/", follow=True)

    assert "The price changed" not in text_of(answer)
    assert CartLine.objects.get().unit_price_minor == 1200


def test_what_is_left_is_named_and_taken_with_one_click(client: Client, mug: Any) -> None:
    put(client, "MUG", 5)
    Stock.objects.update(on_hand=3)

    page = text_of(client.get("/cart/"))

    line = CartLine.objects.get()
    assert "Only 3 are left." in page
    assert f'<input type="hidden" name="quantity-{line.id}" value="3">' in page
    assert "Check out" in page
    assert "/checkout/" not in page


def test_what_is_no_longer_sold_is_named(client: Client, mug: Any) -> None:
    put(client, "MUG")
    Product.objects.update(is_published=False)

    assert "This is no longer sold." in text_of(client.get("/cart/"))


def test_a_basket_of_somebody_else_is_not_found(client: Client, mug: Any) -> None:
    put(client, "MUG")
    line = CartLine.objects.get()
    stranger = Client()
    stranger.cookies["cart"] = f"{line.cart_id}.{'x' * 43}"

    assert "Your basket is empty" in text_of(stranger.get("/cart/"))
    assert stranger.post(f"/cart/lines/{line.id}/remove/").status_code == 404
    assert stranger.post("/cart/", {f"quantity-{line.id}": "2"}).status_code == 404
    assert stranger.post("/cart/prices/").status_code == 404
    assert CartLine.objects.get().quantity == 1


@pytest.mark.parametrize("cookie", ["", "x", "\x00", "no-uuid.token", "0" * 5000])
def test_a_damaged_cookie_is_an_empty_basket(client: Client, mug: Any, cookie: str) -> None:
    client.cookies["cart"] = cookie
    client.cookies["cart_count"] = cookie

    assert client.get("/cart/").status_code == 200
    assert put(client, "MUG").status_code == 302


@pytest.mark.parametrize("name", ["quantity-x", "quantity-", "quantity-\x00", f"quantity-{'0' * 40}"])
def test_a_line_that_is_none_is_not_found(client: Client, mug: Any, name: str) -> None:
    put(client, "MUG")

    assert client.post("/cart/", {name: "2"}).status_code == 404


def test_signing_in_brings_the_guests_basket_along(client: Client, mug: Any, bowl: Any, shopper: Any) -> None:
    own = CartFactory(customer_id=shopper.id, with_lines={"MUG": 1})
    put(client, "MUG", 2)
    put(client, "BOWL", 1)
    client.force_login(shopper)

    page = client.get("/cart/")

    assert {line.sku: line.quantity for line in own.lines.all()} == {"MUG": 3, "BOWL": 1}
    assert client.cookies["cart"].value == ""
    assert client.cookies["cart_count"].value == f"4.{shopper.id.hex[-12:]}"
    assert page.content.count(b'class="line"') == 2
    assert client.get("/cart/").content.count(b'class="line"') == 2
    assert own.lines.get(sku="MUG").quantity == 3


def test_the_number_in_the_header_stays_with_its_person(client: Client, mug: Any, shopper: Any) -> None:
    client.force_login(shopper)
    put(client, "MUG", 2)
    client.get("/cart/")
    seen = client.get("/").context["cart_count"]

    client.post("/accounts/logout/")

    assert seen == 2
    assert client.cookies["cart_count"].value == f"2.{shopper.id.hex[-12:]}"
    assert client.get("/").context["cart_count"] == 0


def test_a_person_finds_the_basket_on_another_device(mug: Any, shopper: Any, other_shopper: Any) -> None:
    first, second, other = Client(), Client(), Client()
    first.force_login(shopper)
    second.force_login(shopper)
    other.force_login(other_shopper)

    put(first, "MUG", 2)

    assert "cart" not in first.cookies or first.cookies["cart"].value == ""
    assert second.get("/cart/").content.count(b'class="line"') == 1
    assert "Your basket is empty" in text_of(other.get("/cart/"))


@pytest.mark.parametrize("address", ["/cart/lines/{line}/remove/", "/cart/prices/"])
def test_a_basket_that_was_ordered_in_another_tab_meanwhile_says_so(
    client: Client, mug: Any, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    put(client, "MUG")
    look = cart_pages.basket_of

    def late(*args: Any, **kwargs: Any) -> Any:
        found = look(*args, **kwargs)
        Cart.objects.update(status=CartStatus.ORDERED)
        return found

    monkeypatch.setattr(cart_pages, "basket_of", late)
    answer = client.post(address.format(line=CartLine.objects.get().id))
    monkeypatch.undo()

    assert (answer.status_code, answer["Location"]) == (302, "/cart/")
    assert "ordered already" in text_of(client.get("/cart/"))

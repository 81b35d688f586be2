"""The shop's pages: what a guest sees, finds and is refused."""

from typing import Any

import pytest
from django.test import Client

from apps.products.models.catalogue import Product, SlugRedirect
from apps.products.services.products import set_options
from apps.products.tests.factories import CategoryFactory, ProductFactory, VariantFactory
from kernel.actors import SYSTEM
from tests.fixtures import NOON

pytestmark = pytest.mark.django_db


def lamp(**values: Any) -> Product:
    """Make a published lamp for €89 with five in stock."""
    product = ProductFactory(name="Desk lamp", slug="desk-lamp", **values)
    VariantFactory(product=product, sku="LAMP", price_minor=8900, on_hand=5)
    return product


def test_the_first_page_shows_new_products_and_the_shelves(client: Client) -> None:
    lamp(category=CategoryFactory(name="Lighting"))

    page = client.get("/").content.decode()

    assert '<a href="/products/desk-lamp/">Desk lamp</a>' in page
    assert 'href="/products/?category=lighting"' in page
    assert "€89.00" in page


def test_an_empty_shop_says_so(client: Client) -> None:
    page = client.get("/")

    assert page.status_code == 200
    assert "Nothing to sell yet" in page.content.decode()


def test_an_empty_shops_list_does_not_blame_a_filter(client: Client) -> None:
    page = client.get("/products/").content.decode()

    assert "Nothing to sell yet" in page
    assert "take away a filter" not in page


def test_prices_the_wrong_way_round_are_named(client: Client) -> None:
    lamp()

    page = client.get("/products/?min_price=100&max_price=20")

    assert page.status_code == 400
    assert "This is less than the price to start from." in page.content.decode()


def test_a_category_shows_what_is_below_it_and_nothing_else(client: Client) -> None:
    home = CategoryFactory(name="Home")
    lamp(category=CategoryFactory(name="Lighting", parent=home))
    VariantFactory(product=ProductFactory(name="Spade", category=CategoryFactory(name="Garden")))

    page = client.get("/products/?category=home").content.decode()

    assert "Desk lamp" in page
    assert "Spade" not in page
    assert '<a href="/products/?category=lighting"' in page


def test_an_unknown_category_is_not_found(client: Client) -> None:
    assert client.get("/products/?category=nowhere").status_code == 404


@pytest.mark.django_db(transaction=True)  # MariaDB finds what is committed
def test_prices_search_and_stock_narrow_the_list(client: Client) -> None:
    lamp()
    VariantFactory(product=ProductFactory(name="Floor lamp"), price_minor=21900, on_hand=0)

    both = client.get("/products/?search=lamp").content.decode()
    cheap = client.get("/products/?search=lamp&max_price=100").content.decode()
    in_stock = client.get("/products/?in_stock=1").content.decode()

    assert "Desk lamp" in both
    assert "Floor lamp" in both
    assert "Sold out" in both
    assert "Floor lamp" not in cheap
    assert "Floor lamp" not in in_stock


def test_a_search_without_hits_offers_the_way_back(client: Client) -> None:
    page = client.get("/products/?search=hovercraft").content.decode()

    assert "Results for “hovercraft”" in page
    assert "Nothing found" in page
    assert "Show all products" in page


@pytest.mark.parametrize(
    "query",
    [
        "min_price=cheap",
        "max_price=1e9",
        "min_price=99999999999999999999",
        "ordering=luck",
        "cursor=damaged",
        "search=a%00b",
        "search=" + "x" * 201,
    ],
)
def test_a_filter_without_meaning_is_refused_on_the_page(client: Client, query: str) -> None:
    page = client.get(f"/products/?{query}")

    assert page.status_code == 400
    assert "Please look at these again" in page.content.decode()


def test_the_list_goes_on_and_back(client: Client) -> None:
    for number in range(25):
        VariantFactory(product=ProductFactory(name=f"Mug {number}"))

    first = client.get("/products/?ordering=name")
    second = client.get(first.context["next_url"])

    assert len(first.context["cards"]) == 24
    assert len(second.context["cards"]) == 1
    assert "ordering=name" in first.context["next_url"]
    assert second.context["previous_url"] is not None
    assert second.context["next_url"] is None


def test_a_product_of_one_form_needs_no_choice(client: Client) -> None:
    lamp()

    page = client.get("/products/desk-lamp/").content.decode()

    assert '<input type="hidden" name="sku" value="LAMP">' in page
    assert 'action="/cart/lines/"' in page
    assert "Add to basket" in page
    assert 'type="radio"' not in page


def test_variants_are_chosen_without_a_script_and_a_sold_out_one_cannot_be(client: Client) -> None:
    product = lamp()
    VariantFactory(product=product, sku="LAMP-RED", option1="Red", price_minor=9900, on_hand=0)
    set_options(
        product_id=product.id,
        options=[{"name": "Colour", "values": ["Blue", "Red"]}],
        choices={"LAMP": ["Blue"]},
        actor=SYSTEM,
        now=NOON,
    )

    page = client.get("/products/desk-lamp/")

    blue, red = page.context["variants"]
    assert (blue["name"], blue["price"], blue["is_chosen"], blue["is_available"]) == ("Blue", "€89.00", True, True)
    assert (red["name"], red["note"], red["is_chosen"], red["is_available"]) == ("Red", "Sold out", False, False)
    assert page.content.decode().count("disabled") == 1


def test_a_sold_out_product_cannot_be_bought(client: Client) -> None:
    VariantFactory(product=ProductFactory(slug="lamp"), on_hand=0)

    page = client.get("/products/lamp/").content.decode()

    assert "Sold out" in page
    assert "Add to basket" not in page


def test_an_old_address_leads_to_the_new_one_for_good(client: Client) -> None:
    product = lamp()
    SlugRedirect(old_slug="old-lamp", product=product).save()

    moved = client.get("/products/old-lamp/")
    by_id = client.get(f"/products/{product.id}/")

    assert (moved.status_code, moved["Location"]) == (301, "/products/desk-lamp/")
    assert (by_id.status_code, by_id["Location"]) == (301, "/products/desk-lamp/")


def test_what_is_not_published_is_not_there(client: Client) -> None:
    hidden = lamp(is_published=False)
    SlugRedirect(old_slug="old-lamp", product=hidden).save()

    assert client.get("/products/desk-lamp/").status_code == 404
    assert client.get("/products/old-lamp/").status_code == 404
    assert "Desk lamp" not in client.get("/products/").content.decode()


def test_text_of_a_product_is_escaped(client: Client) -> None:
    VariantFactory(product=ProductFactory(name="<b>Lamp</b>", slug="lamp", summary="<script>alert(1)</script>"))

    page = client.get("/products/lamp/").content.decode()

    assert "<script>alert" not in page
    assert "&lt;b&gt;Lamp&lt;/b&gt;" in page


def test_a_guest_costs_one_statement_for_a_list_and_two_for_a_product(client: Client, statements: Any) -> None:
    product = lamp(category=CategoryFactory(name="Lighting"))
    VariantFactory(product=product, sku="LAMP-2", option1="Red")
    client.get("/")

    with statements() as home:
        client.get("/")
    with statements() as listed:
        client.get("/products/?search=lamp")
    with statements() as shown:
        client.get("/products/desk-lamp/")

    assert len(home) == 1, home
    assert len(listed) == 1, listed
    assert len(shown) == 2, shown

"""The catalogue as strangers read it: what they get, and in how many statements."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.products.models.catalogue import Product, Variant
from apps.products.models.stock import Stock
from apps.products.services.freshness import count_up
from apps.products.services.products import update_product
from apps.products.tests.factories import CategoryFactory, ProductFactory, VariantFactory
from kernel.actors import SYSTEM
from kernel.ids import uuid7
from tests.fixtures import NOON

LIST = "/api/v1/products/"


def shelf_of(count: int, **values: Any) -> None:
    """Put so many products with one variant each into the catalogue, quickly."""
    products = [
        Product(
            id=uuid7(),
            name=f"Thing {number:05}",
            slug=f"thing-{number:05}",
            currency="EUR",
            is_published=True,
            published_at=NOON + timedelta(seconds=number),
            price_minor=1000 + number,
            available=3,
            in_stock=True,
            search_text=f" thing {number:05} oak",
            **values,
        )
        for number in range(count)
    ]
    Product.objects.bulk_create(products, batch_size=500)
    variants = [
        Variant(product=product, sku=f"T-{number}", price_minor=product.price_minor, currency="EUR")
        for number, product in enumerate(products)
    ]
    Variant.objects.bulk_create(variants, batch_size=500)
    Stock.objects.bulk_create(
        (Stock(sku=variant.sku, variant=variant, on_hand=3) for variant in variants), batch_size=500
    )


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


@pytest.mark.django_db
def test_a_list_shows_name_price_and_availability(client: Client) -> None:
    category = CategoryFactory(name="Kitchen")
    VariantFactory(
        sku="MUG", price_minor=3200, on_hand=5, product=ProductFactory(name="Mug", slug="mug", category=category)
    )

    (row,) = client.get(LIST).json()["results"]

    shown = {name: row[name] for name in ("name", "slug", "category", "price", "available", "in_stock", "picture")}
    assert shown == {
        "name": "Mug",
        "slug": "mug",
        "category": "kitchen",
        "price": {"amount": "32.00", "currency": "EUR"},
        "available": 5,
        "in_stock": True,
        "picture": None,
    }


@pytest.mark.django_db
def test_a_product_is_found_by_slug_and_by_id_with_its_variants(client: Client) -> None:
    product = ProductFactory(name="Shirt", slug="shirt", options=[{"name": "Size", "values": ["S", "L"]}])
    VariantFactory(sku="S", option1="S", price_minor=1000, on_hand=0, product=product, position=1)
    VariantFactory(sku="L", option1="L", price_minor=1200, on_hand=2, product=product, position=2)

    by_slug, by_id = client.get(f"{LIST}shirt/"), client.get(f"{LIST}{product.id}/")

    assert by_slug.json() == by_id.json()
    assert by_slug.json()["price_is_from"] is True
    assert [
        (row["sku"], row["options"], row["price"]["amount"], row["available"]) for row in by_slug.json()["variants"]
    ] == [("S", {"Size": "S"}, "10.00", 0), ("L", {"Size": "L"}, "12.00", 2)]


@pytest.mark.django_db
@pytest.mark.parametrize("count", [60, pytest.param(20_000, marks=pytest.mark.once)])
def test_a_page_and_a_product_are_two_statements_however_large_the_catalogue(
    client: Client, statements: Any, count: int
) -> None:
    shelf_of(count, category=CategoryFactory(name="Things"))
    address = f"{LIST}?category=things&min_price=1&max_price=999&in_stock=true&ordering=price"
    client.get(address)  # the shop's currency is remembered from now on

    for size in (1, 24, 100):
        with statements() as ran:
            found = client.get(f"{address}&page_size={size}")
        assert (len(found.json()["results"]), len(ran)) == (min(size, count), 2)
    with statements() as ran:
        found = client.get(f"{LIST}thing-00007/")

    assert (found.json()["name"], len(ran)) == ("Thing 00007", 2)


@pytest.mark.django_db
def test_an_unchanged_list_is_one_statement_and_no_body(client: Client, statements: Any) -> None:
    VariantFactory()
    etag = client.get(LIST).headers["ETag"]

    with statements() as ran:
        unchanged = client.get(LIST, headers={"If-None-Match": etag})
    count_up()
    changed = client.get(LIST, headers={"If-None-Match": etag})

    assert (unchanged.status_code, unchanged.content, len(ran)) == (304, b"", 1)
    assert changed.status_code == 200


@pytest.mark.django_db
def test_an_unchanged_product_is_not_sent_again(client: Client) -> None:
    stock = Stock.objects.filter(sku=VariantFactory(sku="MUG", product__slug="mug").sku)
    etag = client.get(f"{LIST}mug/").headers["ETag"]

    unchanged = client.get(f"{LIST}mug/", headers={"If-None-Match": etag})
    stock.update(on_hand=1)
    changed = client.get(f"{LIST}mug/", headers={"If-None-Match": etag})

    assert (unchanged.status_code, changed.status_code) == (304, 200)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("newest", ["C", "B", "A"]),
        ("price", ["B", "C", "A"]),
        ("-price", ["A", "C", "B"]),
        ("name", ["A", "B", "C"]),
        ("relevance", ["C", "B", "A"]),
    ],
)
def test_pages_follow_their_ordering_there_and_back(client: Client, ordering: str, expected: list[str]) -> None:
    for place, (name, price) in enumerate((("A", 300), ("B", 100), ("C", 200))):
        published_at = NOON + timedelta(hours=place)
        VariantFactory(price_minor=price, product=ProductFactory(name=name, published_at=published_at))

    pages, address = [], f"{LIST}?ordering={ordering}&page_size=1"
    while address:
        pages.append(client.get(address).json())
        address = pages[-1]["next"]
    back = client.get(pages[-1]["previous"]).json()

    assert [page["results"][0]["name"] for page in pages] == expected
    assert back["results"] == pages[1]["results"]


@pytest.mark.django_db
def test_a_category_shows_what_is_below_it(client: Client) -> None:
    clothing = CategoryFactory(name="Clothing")
    shirts = CategoryFactory(name="Shirts", parent=clothing)
    VariantFactory(product=ProductFactory(name="Blue shirt", category=shirts))
    VariantFactory(product=ProductFactory(name="Mug", category=CategoryFactory(name="Kitchen")))

    by_slug = client.get(f"{LIST}?category=clothing")
    by_id = client.get(f"{LIST}?category={clothing.id}")

    assert names(by_slug) == names(by_id) == ["Blue shirt"]
    assert names(client.get(f"{LIST}?category=nothing")) == []


@pytest.mark.django_db
def test_prices_between_two_cents_are_rounded_inwards(client: Client) -> None:
    VariantFactory(price_minor=1000)

    assert len(names(client.get(f"{LIST}?min_price=9.991&max_price=10.0099"))) == 1
    assert names(client.get(f"{LIST}?min_price=10.0001")) == []
    assert names(client.get(f"{LIST}?max_price=9.9999")) == []


@pytest.mark.django_db
def test_what_is_not_published_is_not_there_for_strangers(client: Client, api: Any, staff: Any) -> None:
    VariantFactory(product=ProductFactory(slug="secret", is_published=False, published_at=None))
    api.force_login(staff)

    assert names(client.get(LIST)) == []
    assert client.get(f"{LIST}secret/").json()["code"] == "not_found"
    assert client.get(f"{LIST}?published=any").json()["code"] == "permission_denied"
    assert api.get(f"{LIST}secret/").status_code == 200
    assert len(names(api.get(f"{LIST}?published=any"))) == len(names(api.get(f"{LIST}?published=false"))) == 1


@pytest.mark.django_db
def test_an_old_address_leads_to_the_new_one(client: Client) -> None:
    product = VariantFactory(product__slug="old").product
    for slug in ("newer", "newest"):
        update_product(product_id=product.id, changes={"slug": slug}, actor=SYSTEM, now=NOON)

    answers = [client.get(f"{LIST}{slug}/") for slug in ("old", "newer")]

    assert [answer.status_code for answer in answers] == [301, 301]
    assert {answer.headers["Location"] for answer in answers} == {f"{LIST}newest/"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("category=%00", "category"),
        ("category=" + "a" * 121, "category"),
        ("category='%20OR%201=1", "category"),
        ("search=" + "a" * 201, "search"),
        ("min_price=-1", "min_price"),
        ("min_price=abc", "min_price"),
        ("min_price=1.00001", "min_price"),
        ("min_price=1%0A", "min_price"),
        ("max_price=1000000000000000000", "max_price"),
        ("max_price=1e5", "max_price"),
        ("in_stock=maybe", "in_stock"),
        ("ordering=id", "ordering"),
        ("page_size=0", "page_size"),
        ("page_size=101", "page_size"),
        ("page_size=1000000000000000000", "page_size"),
        ("cursor=nonsense", "cursor"),
        ("count=perhaps", "count"),
        ("colour=red", "colour"),
    ],
)
def test_a_query_without_meaning_is_refused_by_its_name(client: Client, query: str, field: str) -> None:
    answer = client.get(f"{LIST}?{query}")

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["nothing", "00000000-0000-7000-8000-000000000000", "a" * 255, "NOTHING"])
def test_a_product_that_does_not_exist_is_a_404(client: Client, key: str) -> None:
    answer = client.get(f"{LIST}{key}/")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

"""Search finds the same on every database; MariaDB's index sees committed rows only, so these tests commit."""

from typing import Any

import pytest
from django.test import Client

from apps.products.tests.factories import CategoryFactory, ProductFactory, VariantFactory

LIST = "/api/v1/products/"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _catalogue(transactional_db: None) -> None:
    kitchen = CategoryFactory(name="Kitchen")
    mug = ProductFactory(name="Blue mug", category=kitchen, description="<p>For <b>espresso</b> and tea.</p>")
    VariantFactory(sku="MUG-01", product=mug)
    VariantFactory(sku="SHIRT-L", product=ProductFactory(name="Linen shirt", summary="Goes with a blue mug"))
    VariantFactory(sku="BRULEE", product=ProductFactory(name="Crème brûlée dish", vendor="Ateljé Åsa"))
    VariantFactory(sku="TV", product=ProductFactory(name="TV bench", tags=["oak"]))


def found(client: Client, query: str, **params: Any) -> list[str]:
    answer = client.get(LIST, {"search": query, **params})
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("mug", ["Blue mug", "Linen shirt"]),
        ("blue mug", ["Blue mug", "Linen shirt"]),
        ("mugs", ["Blue mug", "Linen shirt"]),
        ("espr", ["Blue mug"]),
        ("the espresso", ["Blue mug"]),
        ("kitchen", ["Blue mug"]),
        ("MUG-01", ["Blue mug"]),
        ("shirts", ["Linen shirt"]),
        ("creme brulee", ["Crème brûlée dish"]),
        ("Brûlée", ["Crème brûlée dish"]),
        ("asa", ["Crème brûlée dish"]),
        ("tv", ["TV bench"]),
        ("tv oak", ["TV bench"]),
        ("mug oak", []),
        ("zzz", []),
        ("!!!", []),
        ("p", []),
    ],
)
def test_words_are_found_wherever_they_stand(client: Client, query: str, expected: list[str]) -> None:
    assert found(client, query) == expected


@pytest.mark.parametrize(
    "query",
    [
        *("mug'", 'mug"', "mug)", "(mug", "mug*", "mug:*", "+mug", "mug -", "mug & ", "mug | |", "mug <->", "~mug"),
        *("mug%", "mug@@", "mug;--", "mug\\", "NEAR(mug", "mug AND", "mug \x00", "search_text:mug", "{mug}"),
    ],
)
def test_characters_of_search_languages_are_no_error(client: Client, query: str) -> None:
    answer = client.get(LIST, {"search": query})

    assert answer.status_code == 200


def test_the_best_hits_come_first_page_after_page(client: Client, statements: Any) -> None:
    with statements() as ran:
        first = client.get(LIST, {"search": "blue mug", "page_size": 1}).json()
    second = client.get(first["next"]).json()

    assert [page["results"][0]["name"] for page in (first, second)] == ["Blue mug", "Linen shirt"]
    assert (second["next"], len(ran)) == (None, 2)


def test_a_search_can_be_ordered_and_filtered(client: Client) -> None:
    assert found(client, "mug", ordering="-price") == found(client, "mug", ordering="newest")
    assert found(client, "mug", category="kitchen") == ["Blue mug"]
    assert found(client, "mug", min_price="10.01") == []


def test_a_damaged_cursor_of_a_search_is_refused(client: Client) -> None:
    from kernel.http.keysets import encode_cursor

    cursor = encode_cursor("relevance", ["high", "2026-06-01T12:00:00Z", "00000000-0000-7000-8000-000000000000"])

    answer = client.get(LIST, {"search": "mug", "cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_a_renamed_category_is_found_by_its_new_name(client: Client) -> None:
    from apps.products.models.catalogue import Category
    from apps.products.services.categories import update_category
    from kernel.actors import SYSTEM
    from tests.fixtures import NOON

    kitchen = Category.objects.get(slug="kitchen")

    update_category(category_id=kitchen.id, changes={"name": "Tableware"}, actor=SYSTEM, now=NOON)

    assert (found(client, "tableware"), found(client, "kitchen")) == (["Blue mug"], [])

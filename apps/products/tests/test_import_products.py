"""Importing product files: what is written, what is left alone, what is refused."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from apps.products.models.catalogue import Category, Product, SlugRedirect, Variant
from apps.products.models.media import Media
from apps.products.models.stock import Stock, StockMovement
from apps.products.services.reservations import reserve
from apps.products.tests.factories import ProductFactory, VariantFactory
from apps.products.tests.importing import APPAREL, HEADER, NoWeb, counts, csv, exported, imported, told
from contracts.products import ItemWanted
from kernel.actors import ANONYMOUS
from kernel.errors import ForbiddenError
from kernel.ids import uuid7
from tests.fixtures import NOON, Statements

pytestmark = pytest.mark.django_db

SHIRT = csv("shirt,Shirt,Size,S,SH-S,20.00,5", "shirt,,,M,SH-M,22.00,3")


def stock() -> dict[str, int]:
    return dict(Stock.objects.values_list("sku", "on_hand"))


def test_shopifys_sample_becomes_twenty_products() -> None:
    fetcher = NoWeb()

    outcome = imported(APPAREL.read_bytes(), fetcher=fetcher)

    assert counts(outcome) == (20, 0, 0, 0)
    assert (outcome.pictures_added, len(outcome.left_out), len(fetcher.asked)) == (0, 20, 3)
    assert (Product.objects.count(), Variant.objects.count()) == (20, 22)
    assert sum(stock().values()) == 22
    top = Product.objects.get(slug="classic-varsity-top")
    assert (top.name, top.vendor, top.tags, top.is_published) == (
        "Classic Varsity Top",
        "partners-demo",
        ["women"],
        True,
    )
    assert (top.price_minor, top.currency, top.available) == (6000, "EUR", 3)
    assert top.options == [{"name": "Size", "values": ["Small", "Medium", "Large"]}]


def test_a_second_run_changes_nothing() -> None:
    imported(APPAREL.read_bytes())
    before = exported()
    versions = list(Product.objects.order_by("id").values_list("version", "updated_at"))

    outcome = imported(APPAREL.read_bytes())

    assert counts(outcome) == (0, 0, 20, 0)
    assert exported() == before
    assert list(Product.objects.order_by("id").values_list("version", "updated_at")) == versions
    assert StockMovement.objects.count() == 22


def test_a_changed_cell_updates_its_product_and_no_other() -> None:
    imported(SHIRT)
    Stock.objects.filter(sku="SH-S").update(on_hand=1)

    outcome = imported(SHIRT.replace(b"20.00", b"21.00"))

    assert counts(outcome) == (0, 1, 0, 0)
    assert Variant.objects.get(sku="SH-S").price_minor == 2100
    assert Product.objects.get().price_minor == 2100
    assert stock() == {"SH-S": 1, "SH-M": 3}


def test_columns_that_the_file_lacks_are_left_alone() -> None:
    imported(csv("mug,Mug,Clay,<b>Hot</b>,4.00", header="Handle,Title,Vendor,Body (HTML),Variant Price"))

    outcome = imported(b"Handle,Title\nmug,Cup\n")

    mug = Product.objects.get()
    assert counts(outcome) == (0, 1, 0, 0)
    assert (mug.name, mug.vendor, mug.description, mug.price_minor) == ("Cup", "Clay", "<b>Hot</b>", 400)


def test_html_is_sanitised() -> None:
    body = "<p onclick=x>Hi<script>alert(1)</script><a href=javascript:x>y</a></p>"

    imported(csv(f"mug,Mug,{body},1", header="Handle,Title,Body (HTML),Variant Price"))

    assert Product.objects.get().description == '<p>Hi<a rel="noopener noreferrer">y</a></p>'


def test_html_of_tags_without_end_costs_its_product_and_not_the_time_of_the_rest() -> None:
    tags = "<a><b><i>" * 1000 + "</a>" * 3000

    outcome = imported(csv(f"mug,Mug,{tags},1", "pot,Pot,,1", header="Handle,Title,Body (HTML),Variant Price"))

    assert [(problem.row, problem.message) for problem in outcome.problems] == [
        (2, "the body has more than 5,000 tags")
    ]
    assert [product.slug for product in Product.objects.all()] == ["pot"]


def test_variants_are_added_reordered_and_never_removed() -> None:
    imported(SHIRT)
    content = csv("shirt,Shirt,Size,L,,25.00,2", "shirt,,,S,SH-S,20.00,5")

    outcome = imported(content)

    assert counts(outcome) == (0, 1, 0, 0)
    assert list(Variant.objects.order_by("position", "id").values_list("sku", flat=True)) == ["shirt_l", "SH-S", "SH-M"]
    assert counts(imported(content)) == (0, 0, 1, 0)


def test_two_variants_may_exchange_their_options() -> None:
    imported(SHIRT)

    outcome = imported(csv("shirt,Shirt,Size,M,SH-S,20.00,5", "shirt,,,S,SH-M,22.00,3"))

    assert counts(outcome) == (0, 1, 0, 0)
    assert dict(Variant.objects.values_list("sku", "option1")) == {"SH-S": "M", "SH-M": "S"}


def test_a_product_is_imported_wholly_or_not_at_all() -> None:
    outcome = imported(csv("shirt,Shirt,Size,S,,20,1", "shirt,,,M,,x,1", "mug,Mug,,,,3,1"))

    assert counts(outcome) == (1, 0, 0, 1)
    assert told(outcome) == [(3, "the price “x” is not a number")]
    assert list(Product.objects.values_list("slug", flat=True)) == ["mug"]


def test_a_sku_of_another_product_is_refused() -> None:
    VariantFactory(sku="SH-S", product=ProductFactory(slug="other"))

    outcome = imported(SHIRT)

    assert counts(outcome) == (0, 0, 0, 1)
    assert told(outcome) == [(2, "the SKU “SH-S” belongs to the product “other”")]


def test_a_sku_that_stands_in_two_products_is_refused_for_the_second() -> None:
    outcome = imported(csv("a,A,,,X,1,", "b,B,,,X,1,"))

    assert counts(outcome) == (1, 0, 0, 1)
    assert told(outcome) == [(3, "the SKU “X” stands in row 2 already")]


def test_a_made_up_sku_that_another_product_of_the_file_names_costs_only_one_of_them() -> None:
    outcome = imported(csv("a,A,,,,1,", "b,B,,,a,1,", "c,C,,,,1,"))

    assert counts(outcome) == (2, 0, 0, 1)
    assert sorted(Product.objects.values_list("slug", flat=True)) in (["a", "c"], ["b", "c"])


def test_rows_that_do_not_stand_together_are_refused_whole() -> None:
    outcome = imported(csv("a,A,Size,S,,1,", "b,B,,,,1,", "a,,,M,,1,"))

    assert counts(outcome) == (1, 0, 0, 2)
    assert list(Product.objects.values_list("slug", flat=True)) == ["b"]


def test_stock_is_set_on_creation_only() -> None:
    imported(SHIRT)

    outcome = imported(SHIRT.replace(b",5", b",50"))

    assert counts(outcome) == (0, 0, 1, 0)
    assert stock() == {"SH-S": 5, "SH-M": 3}


def test_set_stock_counts_anew_and_writes_the_difference_down() -> None:
    imported(SHIRT)
    reference = uuid7()

    outcome = imported(SHIRT.replace(b",5\n", b",2\n"), sets_stock=True, reference=reference)

    assert counts(outcome) == (0, 1, 0, 0)
    assert stock() == {"SH-S": 2, "SH-M": 3}
    moved = StockMovement.objects.get(reference=reference)
    assert (moved.sku, moved.kind, moved.quantity) == ("SH-S", "adjusted", -3)
    assert Product.objects.get().available == 5


def test_stock_is_never_set_below_what_orders_hold() -> None:
    imported(SHIRT)
    reserve(order_id=uuid7(), lines=[ItemWanted(sku="SH-S", quantity=4)], expires_at=NOON, now=NOON)

    outcome = imported(SHIRT.replace(b",5\n", b",3\n"), sets_stock=True)

    assert counts(outcome) == (0, 0, 0, 1)
    assert told(outcome) == [(2, "4 of “SH-S” are held for orders; the stock cannot be set to 3")]
    assert stock() == {"SH-S": 5, "SH-M": 3}


def test_a_dry_run_tells_everything_and_writes_nothing() -> None:
    imported(SHIRT)
    before = exported()
    content = csv(
        "shirt,Shirt,Size,S,SH-S,9,5,,",
        "mug,Mug,,,,3,1,Kitchen > Mugs,https://x.example/a.png",
        "bad,Bad,,,,x,,,",
        header=HEADER + ",Category,Image Src",
    )
    fetcher = NoWeb()

    outcome = imported(content, fetcher=fetcher, is_dry_run=True)

    assert counts(outcome) == (1, 1, 0, 1)
    assert (outcome.pictures_added, fetcher.asked) == (1, [])
    assert exported() == before
    assert not Category.objects.exists()
    assert not Media.objects.exists()


def test_categories_and_attributes_are_made_once() -> None:
    header = "Handle,Title,Variant Price,Category,Attribute: Material,Tax Class,Summary"
    content = csv("a,A,1,Kitchen > Mugs,Clay,reduced,Short", "b,B,1,kitchen > mugs,,,", header=header)

    outcome = imported(content)

    assert counts(outcome) == (2, 0, 0, 0)
    assert sorted(Category.objects.values_list("path_names", flat=True)) == ["Kitchen", "Kitchen\nMugs"]
    first = Product.objects.get(slug="a")
    assert (first.attributes, first.tax_class, first.summary) == ({"Material": "Clay"}, "reduced", "Short")
    assert counts(imported(content)) == (0, 0, 2, 0)


@pytest.mark.parametrize(
    ("published", "status", "is_published"),
    [("true", "active", True), ("true", "draft", False), ("false", "active", False), ("", "", True)],
)
def test_a_product_is_shown_when_it_is_published_and_active(published: str, status: str, is_published: bool) -> None:
    imported(csv(f"a,A,1,{published},{status}", header="Handle,Title,Variant Price,Published,Status"))

    assert Product.objects.get().is_published is is_published


def test_a_handle_that_was_a_redirect_is_a_product_again() -> None:
    variant = VariantFactory(product=ProductFactory(slug="new"))
    SlugRedirect(old_slug="shirt", product=variant.product).save()

    outcome = imported(SHIRT)

    assert counts(outcome) == (1, 0, 0, 0)
    assert not SlugRedirect.objects.exists()


def test_only_staff_imports() -> None:
    with pytest.raises(ForbiddenError):
        imported(SHIRT, actor=ANONYMOUS)

    assert not Product.objects.exists()


def test_statements_grow_with_batches_not_with_products(
    statements: Callable[[], AbstractContextManager[Statements]],
) -> None:
    def count(first: int, number: int) -> int:
        content = csv(*(f"p{place},P,,,,1,1" for place in range(first, first + number)))
        with statements() as ran:
            imported(content)
        return len(ran)

    one, fifty, two_hundred = count(0, 1), count(100, 50), count(1000, 200)

    assert one <= 13
    assert fifty <= one + 4  # SQLite takes fewer parameters in a statement
    assert two_hundred == 4 * fifty


@pytest.mark.timeout(100)
def test_ten_thousand_rows_are_simply_read() -> None:
    lines = []
    for place in range(5000):
        lines += [f"p{place},Product {place},Size,S,,{place}.00,1", f"p{place},,,M,,{place}.50,2"]
    began = time.process_time()

    outcome = imported(csv(*lines))

    assert counts(outcome) == (5000, 0, 0, 0)
    assert Variant.objects.count() == 10_000
    assert sum(stock().values()) == 15_000
    assert time.process_time() - began < 60

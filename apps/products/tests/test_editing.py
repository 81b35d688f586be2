"""What staff may do with the catalogue, and what is refused."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.products.models.catalogue import Category, Product, SlugRedirect, Variant
from apps.products.models.stock import Stock, StockMovement
from apps.products.rules.names import SlugTakenError
from apps.products.rules.options import InvalidOptionsError, OptionsTakenError
from apps.products.rules.tree import CategoryCycleError
from apps.products.services.categories import create_category, delete_category, update_category
from apps.products.services.checking import InUseError
from apps.products.services.drafts import VariantDraft
from apps.products.services.products import (
    ProductFields,
    create_product,
    delete_product,
    publish_product,
    set_options,
    unpublish_product,
    update_product,
)
from apps.products.services.reservations import reserve
from apps.products.services.stock import BelowReservedError, adjust_stock, receive_stock, set_stock
from apps.products.services.variants import (
    LastVariantError,
    SkuInUseError,
    SkuTakenError,
    add_variant,
    remove_variant,
    update_variant,
)
from apps.products.tests.factories import CategoryFactory, ProductFactory, VariantFactory
from contracts.products import ItemWanted
from kernel.actors import ANONYMOUS, Actor, Role
from kernel.errors import ForbiddenError, InvalidInputError
from kernel.http.etags import PreconditionFailedError
from kernel.ids import uuid7
from kernel.money import CurrencyMismatchError, Money
from tests.fixtures import NOON

STAFF = Actor(id=uuid7(), role=Role.ADMIN, email="admin@example.com")
LATER = NOON + timedelta(hours=1)
SIZES = [{"name": "Size", "values": ["S", "M"]}]

pytestmark = pytest.mark.django_db


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def make(*drafts: VariantDraft, **fields: object) -> Product:
    wanted: ProductFields = {"name": "Blue shirt", **fields}
    return create_product(fields=wanted, variants=drafts or [VariantDraft(price=eur(1000))], actor=STAFF, now=NOON)


def hold(sku: str, quantity: int) -> None:
    line = ItemWanted(sku=sku, quantity=quantity)
    reserve(order_id=uuid7(), lines=[line], expires_at=LATER, now=NOON)


def test_a_product_gets_slug_sku_and_first_stock() -> None:
    product = make(
        VariantDraft(price=eur(1200), options=["S"], on_hand=3),
        VariantDraft(price=eur(1000), compare_at_price=eur(1500), options=["M"], on_hand=2),
        options=SIZES,
        is_published=True,
    )

    assert (product.slug, product.published_at, product.version) == ("blue-shirt", NOON, 1)
    assert (product.price, product.price_is_from, product.compare_at_minor) == (eur(1000), True, 1500)
    assert (product.available, product.in_stock) == (5, True)
    assert [row.sku for row in product.variants.order_by("position")] == ["BLUE-SHIRT-S", "BLUE-SHIRT-M"]
    assert sorted(StockMovement.objects.values_list("quantity", flat=True)) == [2, 3]
    assert product.search_text.startswith(" blue shirt blue shirt s s blue shirt m m")


def test_html_is_sanitised_on_every_write() -> None:
    product = make(description='<p onclick="x()">Soft<script>alert(1)</script><img src=x onerror=y></p>')
    evil = "<a href='javascript:x()'>A</a>"
    changed = update_product(product_id=product.id, changes={"description": evil}, actor=STAFF, now=NOON)

    assert product.description == "<p>Soft</p>"
    assert changed.description == '<a rel="noopener noreferrer">A</a>'


def test_html_of_tags_without_end_is_refused_at_its_field() -> None:
    with pytest.raises(InvalidInputError) as refusal:
        make(description="<a><b><i>" * 1000 + "</a>" * 3000)

    assert refusal.value.fields == {"description": ["A description may have 5,000 tags at most."]}


def test_slugs_are_free_or_refused() -> None:
    first, second = make(), make()

    assert (first.slug, second.slug) == ("blue-shirt", "blue-shirt-2")
    with pytest.raises(SlugTakenError):
        make(slug="blue-shirt")
    for wrong in ("Blue", "a b", "import", str(uuid7()), "-a"):
        with pytest.raises(InvalidInputError):
            make(slug=wrong)


def test_a_rename_keeps_the_old_address_until_another_takes_it() -> None:
    product = make()

    update_product(product_id=product.id, changes={"slug": "sea"}, actor=STAFF, now=NOON)
    kept = list(SlugRedirect.objects.values_list("old_slug", "product_id"))
    make(slug="blue-shirt")

    assert kept == [("blue-shirt", product.id)]
    assert not SlugRedirect.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "a\ud800b"}, "name"),
        ({"vendor": "x" * 256}, "vendor"),
        ({"tags": ["a\x00"]}, "tags"),
        ({"attributes": {"a\x00": "b"}}, "attributes"),
        ({"category_id": uuid7()}, "category"),
        ({"tax_class": "No such!"}, "tax_class"),
        ({"seo_description": "x" * 501}, "seo_description"),
    ],
)
def test_a_value_that_breaks_a_rule_is_named(fields: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        make(**fields)

    assert list(refused.value.fields) == [field]
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (VariantDraft(price=eur(-1)), InvalidInputError),
        (VariantDraft(price=eur(1), on_hand=-1), InvalidInputError),
        (VariantDraft(price=eur(1), on_hand=10**18), InvalidInputError),
        (VariantDraft(price=eur(1), sku=" A"), InvalidInputError),
        (VariantDraft(price=eur(1), sku="A" * 65), InvalidInputError),
        (VariantDraft(price=eur(1), weight_grams=10**18), InvalidInputError),
        (VariantDraft(price=eur(1), compare_at_price=Money(1, "SEK")), CurrencyMismatchError),
        (VariantDraft(price=eur(1), options=["L"]), InvalidOptionsError),
    ],
)
def test_a_variant_that_breaks_a_rule_is_refused(draft: VariantDraft, error: type[Exception]) -> None:
    with pytest.raises(error):
        make(draft)

    assert not Product.objects.exists()


def test_a_product_needs_a_variant_and_keeps_one() -> None:
    with pytest.raises(InvalidInputError):
        create_product(fields={"name": "Empty"}, variants=[], actor=STAFF, now=NOON)
    variant = make().variants.get()

    with pytest.raises(LastVariantError):
        remove_variant(variant_id=variant.id, actor=STAFF)


def test_no_two_variants_are_the_same_and_no_sku_is_given_twice() -> None:
    product = make(VariantDraft(price=eur(1), sku="A", options=["S"]), options=SIZES)

    for draft, error in (
        (VariantDraft(price=eur(1), options=["S"]), OptionsTakenError),
        (VariantDraft(price=eur(1), options=["XL"]), InvalidOptionsError),
        (VariantDraft(price=eur(1), options=[]), InvalidOptionsError),
        (VariantDraft(price=eur(1), sku="A", options=["M"]), SkuTakenError),
        (VariantDraft(price=Money(1, "SEK"), options=["M"]), CurrencyMismatchError),
    ):
        with pytest.raises(error):
            add_variant(product_id=product.id, draft=draft, actor=STAFF, now=NOON)
    assert product.variants.count() == 1


def test_two_variants_can_exchange_their_options() -> None:
    drafts = [VariantDraft(price=eur(1), sku=sku, options=[size]) for sku, size in (("A", "S"), ("B", "M"))]
    product = make(*drafts, options=SIZES)

    set_options(product_id=product.id, options=SIZES, choices={"A": ["M"], "B": ["S"]}, actor=STAFF, now=NOON)

    assert dict(Variant.objects.values_list("sku", "option1")) == {"A": "M", "B": "S"}
    with pytest.raises(InvalidOptionsError):
        update_product(product_id=product.id, changes={"options": []}, actor=STAFF, now=NOON)


def test_a_sku_can_change_until_an_order_knows_it() -> None:
    variant = VariantFactory(sku="OLD", on_hand=2)

    renamed = update_variant(variant_id=variant.id, changes={"sku": "NEW"}, actor=STAFF, now=NOON)
    hold("NEW", 1)
    with pytest.raises(SkuInUseError):
        update_variant(variant_id=variant.id, changes={"sku": "NEWER"}, actor=STAFF, now=NOON)

    assert (renamed.sku, Stock.objects.get().sku, StockMovement.objects.earliest("id").sku) == ("NEW", "NEW", "NEW")


def test_what_is_held_for_orders_cannot_be_removed() -> None:
    product = make(*(VariantDraft(price=eur(1), sku=s, options=[s], on_hand=1) for s in ("S", "M")), options=SIZES)
    hold("S", 1)

    with pytest.raises(SkuInUseError):
        remove_variant(variant_id=product.variants.get(sku="S").id, actor=STAFF)
    with pytest.raises(InUseError):
        delete_product(product_id=product.id, actor=STAFF)
    remove_variant(variant_id=product.variants.get(sku="M").id, actor=STAFF)

    assert list(Stock.objects.values_list("sku", flat=True)) == ["S"]
    assert list(StockMovement.objects.filter(reason="deleted").values_list("sku", "quantity")) == [("M", -1)]


def test_a_product_goes_with_variants_and_stock_but_the_ledger_stays() -> None:
    product = VariantFactory(sku="MUG", on_hand=7).product
    VariantFactory(sku="CUP", on_hand=0, product=product, option1="Cup")

    delete_product(product_id=product.id, actor=STAFF)

    assert (Product.objects.count(), Variant.objects.count(), Stock.objects.count()) == (0, 0, 0)
    movements = StockMovement.objects.order_by("id").values_list("sku", "kind", "quantity", "reason", "actor_label")
    assert list(movements) == [
        ("MUG", "received", 7, "first stock", ""),
        ("MUG", "adjusted", -7, "deleted", STAFF.label),
    ]


def test_stock_is_received_adjusted_and_counted_with_a_reason() -> None:
    product = VariantFactory(sku="MUG", on_hand=5).product

    receive_stock(sku="MUG", quantity=3, reason="delivery 7", actor=STAFF, now=NOON)
    adjust_stock(sku="MUG", quantity=-2, reason="broken", actor=STAFF, now=NOON)
    counted = set_stock(sku="MUG", on_hand=10, actor=STAFF, now=NOON)

    product.refresh_from_db()
    ledger = list(StockMovement.objects.order_by("id").values_list("kind", "quantity", "reason", "actor_label"))[1:]
    assert (counted.on_hand, product.available) == (10, 10)
    assert ledger == [
        ("received", 3, "delivery 7", STAFF.email),
        ("adjusted", -2, "broken", STAFF.email),
        ("adjusted", 4, "counted", STAFF.email),
    ]


def test_stock_never_falls_below_what_orders_hold() -> None:
    VariantFactory(sku="MUG", on_hand=5)
    hold("MUG", 3)

    with pytest.raises(BelowReservedError):
        set_stock(sku="MUG", on_hand=2, actor=STAFF, now=NOON)
    with pytest.raises(BelowReservedError):
        adjust_stock(sku="MUG", quantity=-3, actor=STAFF, now=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        Stock.objects.filter(sku="MUG").update(on_hand=2)

    assert set_stock(sku="MUG", on_hand=3, actor=STAFF, now=NOON).available == 0


def test_categories_keep_the_way_to_them() -> None:
    clothing = create_category(fields={"name": "Clothing"}, actor=STAFF, now=NOON)
    shirts = create_category(fields={"name": "Shirts", "parent_id": clothing.id}, actor=STAFF, now=NOON)
    create_category(fields={"name": "Linen", "parent_id": shirts.id}, actor=STAFF, now=NOON)

    update_category(category_id=clothing.id, changes={"name": "Wear", "slug": "wear"}, actor=STAFF, now=NOON)
    update_category(category_id=shirts.id, changes={"parent_id": None}, actor=STAFF, now=NOON)

    paths = dict(Category.objects.values_list("path_slugs", "path_names"))
    assert paths == {"/wear/": "Wear", "/shirts/": "Shirts", "/shirts/linen/": "Shirts\nLinen"}


def test_the_tree_has_no_rings_and_nothing_is_left_without_a_category() -> None:
    parent = CategoryFactory(name="Parent")
    child = CategoryFactory(name="Child", parent=parent)
    ProductFactory(category=child)

    for below in (parent, child):
        with pytest.raises(CategoryCycleError):
            update_category(category_id=parent.id, changes={"parent_id": below.id}, actor=STAFF, now=NOON)
    for category in (parent, child):
        with pytest.raises(InUseError):
            delete_category(category_id=category.id, actor=STAFF)
    assert Category.objects.count() == 2


def test_publishing_is_noted_once() -> None:
    product = make()

    publish_product(product_id=product.id, actor=STAFF, now=NOON)
    unpublish_product(product_id=product.id, actor=STAFF, now=LATER)
    again = publish_product(product_id=product.id, actor=STAFF, now=LATER)

    assert (again.published_at, again.version) == (NOON, 4)


def test_a_change_for_another_version_is_refused() -> None:
    product = make()

    with pytest.raises(PreconditionFailedError):
        update_product(product_id=product.id, changes={"name": "X"}, actor=STAFF, now=NOON, version=7)


def test_nobody_but_staff_changes_anything() -> None:
    product = VariantFactory(sku="MUG").product
    shopper = Actor(id=uuid7(), role=Role.REGULAR)

    for actor in (ANONYMOUS, shopper):
        with pytest.raises(ForbiddenError):
            update_product(product_id=product.id, changes={"name": "Mine"}, actor=actor, now=NOON)
        with pytest.raises(ForbiddenError):
            set_stock(sku="MUG", on_hand=1, actor=actor, now=NOON)
        with pytest.raises(ForbiddenError):
            create_category(fields={"name": "Mine"}, actor=actor, now=NOON)
        with pytest.raises(ForbiddenError):
            delete_product(product_id=product.id, actor=actor)

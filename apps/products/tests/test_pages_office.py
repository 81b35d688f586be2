"""The back office's pages of products: who may enter, what is saved, what is refused and kept."""

from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from PIL import Image

from apps.products.models.catalogue import Product, SlugRedirect, Variant
from apps.products.models.media import Media
from apps.products.models.stock import Stock, StockMovement
from apps.products.tests.factories import CategoryFactory, ProductFactory, VariantFactory
from contracts.products import Products
from kernel.rpc import client

pytestmark = pytest.mark.django_db

OFFICE = "/office/products/"


@pytest.fixture
def office(client: Client, staff: Any) -> Client:
    """Return a client that an admin has signed in."""
    client.force_login(staff)
    return client


@pytest.fixture
def product() -> Product:
    """Return a published lamp with one variant and five in stock."""
    made: Product = ProductFactory(name="Desk lamp", slug="desk-lamp")
    VariantFactory(product=made, sku="LAMP", price_minor=8900, on_hand=5)
    return made


def fields(**changes: Any) -> dict[str, Any]:
    """Return the fields of a product's form."""
    return {"name": "Desk lamp", "slug": "desk-lamp", "tax_class": "standard", "version": 1} | changes


@pytest.mark.parametrize("path", ["products/", "products/new/", "products/export/", "categories/", "import/"])
def test_only_staff_may_enter(client: Client, shopper: Any, path: str) -> None:
    stranger = client.get(f"/office/{path}")
    client.force_login(shopper)

    assert (stranger.status_code, stranger["Location"]) == (302, f"/accounts/login/?next=/office/{path}")
    assert client.get(f"/office/{path}").status_code == 403


def test_a_form_without_its_token_changes_nothing(staff: Any, product: Product) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(staff)

    answer = browser.post(f"{OFFICE}{product.id}/delete/")

    assert answer.status_code == 403
    assert Product.objects.filter(id=product.id).exists()


@pytest.mark.django_db(transaction=True)  # MariaDB finds what is committed
def test_the_list_finds_by_sku_and_tells_drafts_and_low_stock(office: Client, product: Product) -> None:
    VariantFactory(product=ProductFactory(name="Spade", is_published=False), sku="SPADE", on_hand=0)

    found = office.get(f"{OFFICE}?q=spade").context["products"]
    published = office.get(f"{OFFICE}?published=yes").context["products"]

    assert [(row["name"], row["is_published"], row["stock_state"]) for row in found] == [("Spade", False, "sold_out")]
    assert [(row["name"], row["stock_state"]) for row in published] == [("Desk lamp", "low_stock")]


def test_the_list_shows_what_runs_out(office: Client, product: Product) -> None:
    VariantFactory(product=product, sku="LAMP-L", option1="L", on_hand=100)
    VariantFactory(sku="PLENTY", on_hand=6)
    VariantFactory(sku="FEW-ENOUGH", on_hand=3, low_stock_mark=2)
    VariantFactory(product=ProductFactory(is_published=False), sku="DRAFT", on_hand=0)

    answer = office.get(f"{OFFICE}?low=1")

    assert [(row["name"], row["available"], row["stock_state"]) for row in answer.context["products"]] == [
        ("Desk lamp", 105, "low_stock")
    ]
    assert [tab["url"] for tab in answer.context["tabs"] if tab["is_current"]] == ["?low=1"]
    assert client(Products).low_stock_count() == 1


@pytest.mark.parametrize("query", ["published=maybe", "low=maybe", "category=nowhere", "cursor=damaged", "q=a%00b"])
def test_a_filter_without_meaning_is_refused_on_the_page(office: Client, query: str) -> None:
    assert office.get(f"{OFFICE}?{query}").status_code == 400


def test_a_new_product_comes_with_its_first_variant(office: Client) -> None:
    category = CategoryFactory(name="Lighting")

    answer = office.post(
        f"{OFFICE}new/",
        {
            "name": "Oak lamp",
            "category": str(category.id),
            "tags": "oak, light, oak",
            "tax_class": "standard",
            "attributes": "Material: Oak\nMade in: Sweden",
            "price": "89,50",
            "compare_at": "99",
            "on_hand": "7",
            "sku": "OAK-1",
            "is_published": "on",
            "description": "<p>Fine</p><script>x</script>",
        },
    )

    made = Product.objects.get(slug="oak-lamp")
    assert (answer.status_code, answer["Location"]) == (302, f"{OFFICE}{made.id}/")
    assert (made.price_minor, made.compare_at_minor, made.available) == (8950, 9900, 7)
    assert (made.tags, made.category_id, made.is_published) == (["oak", "light"], category.id, True)
    assert made.attributes == {"Material": "Oak", "Made in": "Sweden"}
    assert made.description == "<p>Fine</p>"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("price", "", "This field is required."),
        ("price", "-1", "Enter an amount such as 12.50."),
        ("price", "1e3", "Enter an amount such as 12.50."),
        ("price", "1.234", "EUR has 2 decimals at most."),
        ("price", "99999999999999", "This amount is too large."),
        ("on_hand", "-1", "Ensure this value is greater than or equal to 0."),
        ("on_hand", "10" * 9, "Ensure this value is less than or equal to 1000000000."),
        ("name", "a\x00b", "Null characters are not allowed."),
        ("attributes", "Oak", "“Oak” is not a name and a value."),
        ("category", "nowhere", "Select a valid choice. nowhere is not one of the available choices."),
        ("slug", "Not a slug", "Use small letters, digits, hyphens and underscores."),
    ],
)
def test_a_wrong_value_is_named_at_its_field_and_what_was_typed_is_kept(
    office: Client, field: str, value: str, message: str
) -> None:
    typed = {"name": "Oak lamp", "price": "89", "on_hand": "1", "tax_class": "standard", "vendor": "Carpenters"}

    answer = office.post(f"{OFFICE}new/", typed | {field: value})

    assert answer.status_code == 422
    assert answer.context["form"].errors == {field: [message]}
    assert 'value="Carpenters"' in answer.content.decode()
    assert Product.objects.count() == 0


def test_a_change_of_address_leaves_a_way_behind(office: Client, product: Product) -> None:
    answer = office.post(f"{OFFICE}{product.id}/", fields(name="Oak lamp", slug="oak-lamp", is_published="on"))

    product.refresh_from_db()
    assert answer.status_code == 302
    assert (product.name, product.slug, product.version) == ("Oak lamp", "oak-lamp", 2)
    assert SlugRedirect.objects.get(product=product).old_slug == "desk-lamp"


def test_a_stale_form_is_kept_and_saved_only_when_sent_again(office: Client, product: Product) -> None:
    office.post(f"{OFFICE}{product.id}/", fields(vendor="First"))

    stale = office.post(f"{OFFICE}{product.id}/", fields(vendor="Second"))
    again = office.post(
        f"{OFFICE}{product.id}/", fields(vendor="Second", version=stale.context["form"].data["version"])
    )

    assert stale.status_code == 422
    assert "Somebody else changed this meanwhile" in stale.content.decode()
    assert 'value="Second"' in stale.content.decode()
    assert again.status_code == 302
    assert Product.objects.get(id=product.id).vendor == "Second"


def test_the_address_of_another_product_is_refused_at_the_field(office: Client, product: Product) -> None:
    VariantFactory(product=ProductFactory(slug="taken"))

    answer = office.post(f"{OFFICE}{product.id}/", fields(slug="taken"))

    assert answer.status_code == 422
    assert answer.context["form"].errors == {"slug": ["This slug belongs to another one."]}


def test_publishing_and_taking_out(office: Client, product: Product) -> None:
    office.post(f"{OFFICE}{product.id}/publish/", {"publish": "no"})
    hidden = Product.objects.get(id=product.id).is_published
    office.post(f"{OFFICE}{product.id}/publish/", {"publish": "yes"})

    assert hidden is False
    assert Product.objects.get(id=product.id).is_published is True


def test_a_product_that_orders_hold_is_not_deleted(office: Client, product: Product) -> None:
    Stock.objects.filter(sku="LAMP").update(reserved=1)

    refused = office.post(f"{OFFICE}{product.id}/delete/", follow=True)
    Stock.objects.filter(sku="LAMP").update(reserved=0)
    office.post(f"{OFFICE}{product.id}/delete/")

    assert "Stock of this product is held for orders." in refused.content.decode()
    assert not Product.objects.filter(id=product.id).exists()


@pytest.mark.parametrize("tab", ["", "variants/", "options/", "stock/", "pictures/"])
def test_an_unknown_product_is_not_found(office: Client, product: Product, tab: str) -> None:
    assert office.get(f"{OFFICE}{product.id}/{tab}").status_code == 200
    assert office.get(f"{OFFICE}{uuid4()}/{tab}").status_code == 404
    assert office.get(f"{OFFICE}nonsense/{tab}").status_code == 404


def test_a_count_is_written_down_with_its_reason(office: Client, product: Product) -> None:
    answer = office.post(f"{OFFICE}{product.id}/stock/", {"sku": "LAMP", "on_hand": "12", "reason": "Delivery"})

    assert answer.status_code == 302
    assert Stock.objects.get(sku="LAMP").on_hand == 12
    movement = StockMovement.objects.filter(sku="LAMP").latest("id")
    assert (movement.quantity, movement.reason, movement.actor_label) == (7, "Delivery", "admin@example.com")


@pytest.mark.parametrize(("sku", "on_hand", "field"), [("LAMP", "1", "on_hand"), ("OTHER", "3", "sku")])
def test_a_count_below_what_orders_hold_or_of_another_product_is_refused(
    office: Client, product: Product, sku: str, on_hand: str, field: str
) -> None:
    VariantFactory(sku="OTHER", on_hand=9)
    Stock.objects.filter(sku="LAMP").update(reserved=2)

    answer = office.post(f"{OFFICE}{product.id}/stock/", {"sku": sku, "on_hand": on_hand})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert list(Stock.objects.order_by("sku").values_list("on_hand", flat=True)) == [5, 9]


def picture() -> BytesIO:
    """Return a small PNG as a file."""
    file = BytesIO()
    Image.new("RGB", (8, 8), "red").save(file, "PNG")
    file.seek(0)
    file.name = "red.png"
    return file


def test_pictures_come_are_described_ordered_and_go(office: Client, product: Product) -> None:
    root = f"{OFFICE}{product.id}/pictures/"
    for alt in ("First", "Second"):
        assert office.post(root, {"file": picture(), "alt": alt}).status_code == 302
    first, second = Media.objects.order_by("position")

    office.post(f"{root}{second.id}/up/")
    office.post(f"{root}{second.id}/", {"alt": "Better", "variant": "", "version": "1"})
    office.post(f"{root}{first.id}/delete/")

    assert [row.alt for row in Media.objects.all()] == ["Better"]
    assert Product.objects.get(id=product.id).picture_alt == "Better"


def test_what_is_no_picture_is_refused_at_the_field(office: Client, product: Product) -> None:
    file = BytesIO(b"<svg onload=alert(1)>")
    file.name = "evil.png"

    answer = office.post(f"{OFFICE}{product.id}/pictures/", {"file": file})

    assert answer.status_code == 422
    assert answer.context["form"].errors == {"file": ["This is not a JPEG, PNG, WebP or GIF picture."]}
    assert not Media.objects.exists()


def test_a_picture_of_another_product_is_not_found(office: Client, product: Product) -> None:
    other = VariantFactory(sku="OTHER").product
    office.post(f"{OFFICE}{other.id}/pictures/", {"file": picture()})
    theirs = Media.objects.get()

    for action in ("", "up/", "delete/"):
        assert office.post(f"{OFFICE}{product.id}/pictures/{theirs.id}/{action}").status_code == 404
    assert Media.objects.exists()


def test_options_are_named_and_variants_added_with_new_values(office: Client, product: Product) -> None:
    root, variant = f"{OFFICE}{product.id}/", Variant.objects.get(sku="LAMP")

    named = office.post(f"{root}options/", {"name1": "Colour", f"value1-{variant.id}": "Blue"})
    added = office.post(f"{root}variants/", {"option1": "Red", "price": "99", "sku": "LAMP-RED", "on_hand": "3"})

    product.refresh_from_db()
    assert (named.status_code, added.status_code) == (302, 302)
    assert product.options == [{"name": "Colour", "values": ["Blue", "Red"]}]
    assert [row.name for row in product.variants.order_by("position")] == ["Blue", "Red"]
    assert (product.available, product.price_is_from) == (8, True)


def test_each_variant_needs_a_value_and_no_two_the_same(office: Client, product: Product) -> None:
    root, variant = f"{OFFICE}{product.id}/", Variant.objects.get(sku="LAMP")

    missing = office.post(f"{root}options/", {"name1": "Colour"})
    office.post(f"{root}options/", {"name1": "Colour", f"value1-{variant.id}": "Blue"})
    twice = office.post(f"{root}variants/", {"option1": "Blue", "price": "99", "on_hand": "0"})

    assert missing.context["form"].errors == {f"value1-{variant.id}": ["Each variant needs a value."]}
    assert twice.status_code == 422
    assert twice.context["form"].errors == {"option1": ["Two variants cannot have the same options."]}
    assert product.variants.count() == 1


def test_a_variant_is_changed_and_the_last_one_stays(office: Client, product: Product) -> None:
    variant = Variant.objects.get(sku="LAMP")
    root = f"{OFFICE}{product.id}/variants/{variant.id}/"
    values = {"sku": "LAMP-2", "price": "70", "compare_at": "89", "weight_grams": "900", "version": "1"}

    changed = office.post(root, values)
    stale = office.post(root, values | {"price": "60"})
    kept = office.post(f"{root}remove/", follow=True)

    variant.refresh_from_db()
    assert (changed.status_code, stale.status_code) == (302, 422)
    assert (variant.sku, variant.price_minor, variant.compare_at_minor, variant.weight_grams) == (
        *("LAMP-2", 7000),
        *(8900, 900),
    )
    assert "A product keeps at least one variant." in kept.content.decode()


def test_the_sku_of_another_variant_is_refused_at_the_field(office: Client, product: Product) -> None:
    VariantFactory(sku="TAKEN")
    variant = Variant.objects.get(sku="LAMP")

    answer = office.post(
        f"{OFFICE}{product.id}/variants/{variant.id}/", {"sku": "TAKEN", "price": "70", "version": "1"}
    )

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["sku"]


def test_a_variant_of_another_product_is_not_found(office: Client, product: Product) -> None:
    theirs = VariantFactory(sku="OTHER")

    assert office.get(f"{OFFICE}{product.id}/variants/{theirs.id}/").status_code == 404
    assert office.post(f"{OFFICE}{product.id}/variants/{theirs.id}/remove/").status_code == 404

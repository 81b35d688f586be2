"""The catalogue's API as staff uses it, and what it refuses."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from apps.products.models.catalogue import Product
from apps.products.models.media import Media
from apps.products.models.stock import StockMovement
from apps.products.tests.factories import CategoryFactory, ProductFactory, VariantFactory
from kernel.ids import uuid7

PRODUCTS, VARIANTS, CATEGORIES = "/api/v1/products/", "/api/v1/variants/", "/api/v1/categories/"
MEDIA, STOCK, MOVEMENTS = "/api/v1/media/", "/api/v1/stock/", "/api/v1/stock-movements/"
PRICE = {"amount": "12.50", "currency": "EUR"}
SHIRT = {
    "name": "Blue shirt",
    "variants": [
        {"sku": "S", "price": PRICE, "options": {"Size": "S"}, "on_hand": 3},
        {"sku": "L", "price": {"amount": "14.00", "currency": "EUR"}, "options": {"Size": "L"}},
    ],
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(api: Any, staff: Any) -> Any:
    api.force_login(staff)
    return api


def picture(kind: str = "PNG", size: tuple[int, int] = (600, 300), name: str = "a.png") -> SimpleUploadedFile:
    out = BytesIO()
    image = Image.new("RGB", size, "red")
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    image.save(out, format=kind, exif=exif) if kind in {"PNG", "JPEG", "WEBP"} else image.save(out, format=kind)
    return SimpleUploadedFile(name, out.getvalue(), content_type="image/png")


def test_a_product_is_made_read_changed_and_deleted(office: Any) -> None:
    CategoryFactory(name="Shirts")

    made = office.post(PRODUCTS, {**SHIRT, "category": "shirts", "is_published": True})
    address = made.headers["Location"]
    changed = office.patch(address, {"name": "Sea shirt"}, headers={"If-Match": made.headers["ETag"]})
    stale = office.patch(address, {"name": "Late"}, headers={"If-Match": made.headers["ETag"]})
    read = office.get(address)
    deleted = office.delete(address, headers={"If-Match": read.headers["ETag"]})

    assert (made.status_code, made.json()["slug"], made.json()["category"]["path"]) == (
        201,
        "blue-shirt",
        [{"slug": "shirts", "name": "Shirts"}],
    )
    assert [(row["sku"], row["options"], row["available"]) for row in made.json()["variants"]] == [
        ("S", {"Size": "S"}, 3),
        ("L", {"Size": "L"}, 0),
    ]
    assert (changed.status_code, changed.json()["name"], changed.json()["version"]) == (200, "Sea shirt", 2)
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert (read.json(), deleted.status_code) == (changed.json(), 204)
    assert not Product.objects.exists()


def test_a_sale_between_reading_and_writing_is_no_conflict(office: Any) -> None:
    variant = VariantFactory(sku="MUG", product__slug="mug")
    etag = office.get(f"{PRODUCTS}mug/").headers["ETag"]
    office.patch(f"{STOCK}MUG/", {"on_hand": 1})

    changed = office.patch(f"{PRODUCTS}{variant.product_id}/", {"name": "Cup"}, headers={"If-Match": etag})

    assert changed.status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": 5 * ["x"]}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": None}, "name"),
        ({"slug": "Not A Slug"}, "slug"),
        ({"slug": "import"}, "slug"),
        ({"slug": "x" * 256}, "slug"),
        ({"summary": "x" * 501}, "summary"),
        ({"description": {"a": 1}}, "description"),
        ({"description": "x" * 100_001}, "description"),
        ({"tags": "red"}, "tags"),
        ({"tags": ["x" * 256]}, "tags.0"),
        ({"category": "nothing"}, "category"),
        ({"category": 10**18}, "category"),
        ({"is_published": "perhaps"}, "is_published"),
        ({"options": [{"name": "Size"}]}, "options.0.values"),
        ({"options": [{"name": "Size", "values": ["S"], "x": 1}]}, "options.0.x"),
        ({"options": [{"name": "A", "values": ["S", "S"]}]}, "options"),
        ({"attributes": ["oak"]}, "attributes"),
        ({"attributes": {"x" * 121: "oak"}}, "attributes"),
        ({"tax_class": "Very High"}, "tax_class"),
        ({"price_minor": 1}, "price_minor"),
        ({"version": 9}, "version"),
    ],
)
def test_a_bad_field_of_a_product_is_refused_by_its_name(office: Any, change: dict[str, Any], field: str) -> None:
    product = VariantFactory(sku="MUG", product__name="Mug").product

    made = office.post(PRODUCTS, {**SHIRT, **change})
    changed = office.patch(f"{PRODUCTS}{product.id}/", change)

    assert (made.status_code, list(made.json()["errors"])) == (400, [field])
    assert (changed.status_code, list(changed.json()["errors"])) == (400, [field])
    assert list(Product.objects.values_list("name", "version")) == [("Mug", 1)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sku": " "}, "sku"),
        ({"sku": "x" * 65}, "sku"),
        ({"sku": ["A"]}, "sku"),
        ({"price": None}, "price"),
        ({"price": "12.50"}, "price.non_field_errors"),
        ({"price": {"amount": "-1", "currency": "EUR"}}, "price.amount"),
        ({"price": {"amount": "1.001", "currency": "EUR"}}, "price.amount"),
        ({"price": {"amount": "1000000000000000000", "currency": "EUR"}}, "price.amount"),
        ({"price": {"amount": "12", "currency": "SEK"}}, "price.currency"),
        ({"price": {"amount": "12", "currency": "XXXX"}}, "price.currency"),
        ({"price": {"amount": "12", "currency": "EUR", "tax": 1}}, "price.tax"),
        ({"compare_at_price": 5}, "compare_at_price.non_field_errors"),
        ({"barcode": "x" * 65}, "barcode"),
        ({"weight_grams": -1}, "weight_grams"),
        ({"weight_grams": 10**18}, "weight_grams"),
        ({"weight_grams": "heavy"}, "weight_grams"),
        ({"requires_shipping": "x"}, "requires_shipping"),
        ({"low_stock_mark": -1}, "low_stock_mark"),
        ({"options": {"Colour": "red"}}, "options"),
        ({"options": {"Size": "XXL"}}, "options"),
        ({"options": ["S"]}, "options"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_field_of_a_variant_is_refused_by_its_name(office: Any, change: dict[str, Any], field: str) -> None:
    product = ProductFactory(options=[{"name": "Size", "values": ["S", "L"]}])
    variant = VariantFactory(sku="S", option1="S", product=product)
    draft = {"product": str(product.id), "sku": "L", "price": PRICE, "options": {"Size": "L"}}

    made = office.post(VARIANTS, {**draft, **change})
    changed = office.patch(f"{VARIANTS}{variant.id}/", change)

    assert (made.status_code, list(made.json()["errors"])) == (400, [field])
    assert (changed.status_code, list(changed.json()["errors"])) == (400, [field])
    assert product.variants.get().version == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"name": "a\\u0000b"}', "malformed"),
        (b'{"name": "\xff"}', "malformed"),
        (b'{"name": "\\ud800"}', "malformed"),
        (b"{", "malformed"),
        (b"[]", "invalid"),
        (b'"x"', "invalid"),
        (b"null", "invalid"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(office: Any, body: bytes, code: str) -> None:
    for address in (PRODUCTS, VARIANTS, CATEGORIES):
        answer = office.post(address, body, content_type="application/json")

        assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_variant_is_added_changed_and_removed(office: Any) -> None:
    variant = VariantFactory(sku="S", option1="S", product__options=[{"name": "Size", "values": ["S", "L"]}])
    draft = {"product": str(variant.product_id), "price": PRICE, "options": {"Size": "L"}, "on_hand": 4}

    made = office.post(VARIANTS, draft)
    changed = office.patch(made.headers["Location"], {"price": {"amount": "9.00", "currency": "EUR"}})
    repeated = office.post(VARIANTS, draft)
    removed = office.delete(made.headers["Location"])
    last = office.delete(f"{VARIANTS}{variant.id}/")
    unknown = office.post(VARIANTS, {**draft, "product": str(uuid7())})

    assert (made.status_code, made.json()["available"], made.json()["options"]) == (201, 4, {"Size": "L"})
    assert (changed.json()["price"]["amount"], changed.json()["version"]) == ("9.00", 2)
    assert (repeated.status_code, repeated.json()["code"]) == (409, "options_taken")
    assert (removed.status_code, last.status_code, last.json()["code"]) == (204, 409, "last_variant")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


def test_categories_are_made_moved_and_deleted(office: Any) -> None:
    parent = office.post(CATEGORIES, {"name": "Clothing"}).json()
    child = office.post(CATEGORIES, {"name": "Shirts", "parent": "clothing"})
    ring = office.patch(f"{CATEGORIES}{parent['id']}/", {"parent": child.json()["id"]})
    used = office.delete(f"{CATEGORIES}clothing/")
    taken = office.post(CATEGORIES, {"name": "Other", "slug": "shirts"})

    assert child.json()["path"][0] == {"slug": "clothing", "name": "Clothing"}
    assert (ring.status_code, ring.json()["code"]) == (409, "category_cycle")
    assert (used.status_code, used.json()["code"]) == (409, "in_use")
    assert (taken.status_code, taken.json()["code"], list(taken.json()["errors"])) == (409, "slug_taken", ["slug"])
    assert office.delete(child.headers["Location"]).status_code == 204
    assert [row["slug"] for row in office.get(CATEGORIES).json()["results"]] == ["clothing"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "a\nb"}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"slug": "A B"}, "slug"),
        ({"parent": "nothing"}, "parent"),
        ({"position": -1}, "position"),
        ({"position": 10**18}, "position"),
        ({"description": "x" * 10_001}, "description"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_field_of_a_category_is_refused_by_its_name(office: Any, change: dict[str, Any], field: str) -> None:
    answer = office.post(CATEGORIES, {"name": "Shirts", **change})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_drawn_anew_and_shown(office: Any, kind: str) -> None:
    product = VariantFactory(product__slug="mug").product

    made = office.post(
        MEDIA, {"product": str(product.id), "alt": "A mug", "file": picture(kind, (3000, 1500))}, format="multipart"
    )

    shown = office.get(f"{PRODUCTS}mug/").json()
    media = Media.objects.get()
    assert (made.status_code, made.json()["width"], made.json()["height"]) == (201, 2400, 1200)
    assert (shown["picture"]["alt"], shown["pictures"][0]["url"]) == ("A mug", media.file.url)
    with Image.open(media.file) as image, Image.open(media.thumbnail) as small:
        assert (image.format, dict(image.getexif()), small.size) == (kind, {}, (480, 240))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "invalid"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "not_a_picture"),
        (b"\x89PNG\r\n\x1a\nbroken", "not_a_picture"),
        (b"GIF89a", "not_a_picture"),
    ],
)
def test_what_is_no_picture_is_refused(office: Any, content: bytes, code: str) -> None:
    product = VariantFactory().product
    upload = SimpleUploadedFile("a.png", content, content_type="image/png")

    answer = office.post(MEDIA, {"product": str(product.id), "file": upload}, format="multipart")

    assert (answer.status_code, answer.json()["code"], list(answer.json()["errors"])) == (400, code, ["file"])
    assert not Media.objects.exists()


def test_a_picture_with_too_many_pixels_is_refused(office: Any) -> None:
    product = VariantFactory().product

    answer = office.post(MEDIA, {"product": str(product.id), "file": picture(size=(10_000, 4_001))}, format="multipart")

    assert (answer.status_code, answer.json()["code"]) == (400, "picture_too_large")


def test_pictures_are_described_ordered_and_removed(office: Any) -> None:
    product = VariantFactory(product__slug="mug").product
    first, second = (
        office.post(MEDIA, {"product": str(product.id), "alt": alt, "file": picture()}, format="multipart").json()
        for alt in ("One", "Two")
    )

    described = office.patch(f"{MEDIA}{first['id']}/", {"alt": "First"})
    ordered = office.post(f"{PRODUCTS}mug/media-order/", {"media": [second["id"], first["id"]]})
    incomplete = office.post(f"{PRODUCTS}mug/media-order/", {"media": [first["id"]]})
    foreign = office.patch(f"{MEDIA}{first['id']}/", {"variant": str(VariantFactory().id)})
    removed = office.delete(f"{MEDIA}{second['id']}/")

    assert described.json()["alt"] == "First"
    assert [row["alt"] for row in ordered.json()["pictures"]] == ["Two", "First"]
    assert (incomplete.status_code, list(incomplete.json()["errors"])) == (400, ["media"])
    assert (foreign.status_code, list(foreign.json()["errors"])) == (400, ["variant"])
    assert removed.status_code == 204
    assert office.get(f"{PRODUCTS}mug/").json()["picture"]["alt"] == "First"


def test_stock_is_read_and_counted(office: Any) -> None:
    VariantFactory(sku="MUG 1/2", on_hand=5)
    address = f"{STOCK}MUG%201/2/"

    read = office.get(address)
    counted = office.patch(
        address, {"on_hand": 8, "reason": "counted twice"}, headers={"If-Match": read.headers["ETag"]}
    )
    stale = office.patch(address, {"on_hand": 9}, headers={"If-Match": read.headers["ETag"]})

    assert read.json() == {"sku": "MUG 1/2", "on_hand": 5, "reserved": 0, "available": 5, "low_stock_mark": None}
    assert (counted.json()["on_hand"], stale.status_code) == (8, 412)
    assert office.get(f"{MOVEMENTS}?sku=MUG 1/2").json()["results"][0]["reason"] == "counted twice"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"on_hand": -1}, "on_hand"),
        ({"on_hand": 10**18}, "on_hand"),
        ({"on_hand": "many"}, "on_hand"),
        ({"on_hand": 1.5}, "on_hand"),
        ({"on_hand": None}, "on_hand"),
        ({"low_stock_mark": -1}, "low_stock_mark"),
        ({"reason": "x" * 201}, "reason"),
        ({"reserved": 0}, "reserved"),
        ({"available": 7}, "available"),
    ],
)
def test_a_bad_field_of_stock_is_refused_by_its_name(office: Any, change: dict[str, Any], field: str) -> None:
    VariantFactory(sku="MUG", on_hand=5)

    answer = office.patch(f"{STOCK}MUG/", change)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert StockMovement.objects.count() == 1


def test_strangers_and_shoppers_write_nothing_and_see_no_stock(api: Any, shopper: Any) -> None:
    variant = VariantFactory(sku="MUG")
    hidden = VariantFactory(product__is_published=False)

    def codes() -> list[int]:
        return [
            api.post(PRODUCTS, SHIRT).status_code,
            api.patch(f"{PRODUCTS}{variant.product_id}/", {"name": "Mine"}).status_code,
            api.delete(f"{VARIANTS}{variant.id}/").status_code,
            api.post(CATEGORIES, {"name": "Mine"}).status_code,
            api.get(f"{STOCK}MUG/").status_code,
            api.get(MOVEMENTS).status_code,
            api.get(f"{VARIANTS}{hidden.id}/").status_code,
            api.get(f"{VARIANTS}{variant.id}/").status_code,
        ]

    as_stranger = codes()
    api.force_login(shopper)
    as_shopper = codes()

    assert as_stranger == [401, 401, 401, 401, 401, 401, 404, 200]
    assert as_shopper == [403, 403, 403, 403, 403, 403, 404, 200]

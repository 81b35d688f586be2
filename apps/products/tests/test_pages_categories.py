"""The back office's pages of categories and of product files."""

from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.products.models.catalogue import Category, Product
from apps.products.models.imports import ImportJob
from apps.products.services.import_jobs import run_imports
from apps.products.tests.factories import CategoryFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db

CATEGORIES = "/office/categories/"
IMPORTS = "/office/import/"
FILE = (
    "Handle,Title,Published,Variant SKU,Variant Price,Variant Inventory Qty\n"
    "oak-lamp,Oak lamp,true,OAK,89.00,4\n"
    "bad-lamp,Bad lamp,true,BAD,much,1\n"
)


@pytest.fixture
def office(client: Client, staff: Any) -> Client:
    """Return a client that an admin has signed in."""
    client.force_login(staff)
    return client


def upload(text: str = FILE) -> BytesIO:
    """Return a product file as a browser sends it."""
    file = BytesIO(text.encode())
    file.name = "products.csv"
    return file


def test_the_tree_shows_each_category_below_its_parent(office: Client) -> None:
    home = CategoryFactory(name="Home")
    VariantFactory(product=ProductFactory(category=CategoryFactory(name="Lighting", parent=home)))

    rows = office.get(CATEGORIES).context["categories"]

    assert [(row["name"], row["depth"], row["count"]) for row in rows] == [("Home", 0, 0), ("Lighting", 1, 1)]


def test_a_category_is_added_moved_and_deleted(office: Client) -> None:
    home, garden = CategoryFactory(name="Home"), CategoryFactory(name="Garden")

    office.post(f"{CATEGORIES}new/", {"name": "Lighting", "parent": str(home.id)})
    lighting = Category.objects.get(slug="lighting")
    office.post(f"{CATEGORIES}{lighting.id}/", {"name": "Lamps", "parent": str(garden.id), "version": "1"})
    lighting.refresh_from_db()
    path = lighting.path_names
    office.post(f"{CATEGORIES}{lighting.id}/delete/")

    assert path == "Garden\nLamps"
    assert not Category.objects.filter(id=lighting.id).exists()


def test_a_new_category_is_in_the_shop_at_once(office: Client, django_capture_on_commit_callbacks: Any) -> None:
    office.get("/products/")

    with django_capture_on_commit_callbacks(execute=True):
        office.post(f"{CATEGORIES}new/", {"name": "Lighting"})

    assert "Lighting" in office.get("/products/").content.decode()


def test_a_category_cannot_be_chosen_as_its_own_parent(office: Client) -> None:
    home = CategoryFactory(name="Home")
    below = CategoryFactory(name="Lighting", parent=home)

    answer = office.post(f"{CATEGORIES}{home.id}/", {"name": "Home", "parent": str(below.id), "version": "1"})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["parent"]


def test_a_category_with_products_is_kept_and_the_reason_told(office: Client) -> None:
    category = CategoryFactory(name="Home")
    VariantFactory(product=ProductFactory(category=category))

    answer = office.post(f"{CATEGORIES}{category.id}/delete/", follow=True)

    assert "There are products or categories in this category." in answer.content.decode()
    assert Category.objects.filter(id=category.id).exists()


def test_a_stale_category_is_kept_and_its_slug_is_the_only_one(office: Client) -> None:
    CategoryFactory(name="Taken")
    home = CategoryFactory(name="Home")

    stale = office.post(f"{CATEGORIES}{home.id}/", {"name": "House", "version": "9"})
    taken = office.post(f"{CATEGORIES}{home.id}/", {"name": "House", "slug": "taken", "version": "1"})

    assert (stale.status_code, taken.status_code) == (422, 422)
    assert 'value="House"' in stale.content.decode()
    assert list(taken.context["form"].errors) == ["slug"]
    assert Category.objects.get(id=home.id).name == "Home"


def test_an_unknown_category_is_not_found(office: Client) -> None:
    assert office.get(f"{CATEGORIES}{uuid4()}/").status_code == 404
    assert office.post(f"{CATEGORIES}{uuid4()}/delete/").status_code == 404


def test_a_file_is_imported_in_the_background_and_its_result_told(office: Client) -> None:
    sent = office.post(IMPORTS, {"file": upload()})
    job = ImportJob.objects.get()
    waiting = office.get(sent["Location"]).content.decode()
    run_imports()
    done = office.get(sent["Location"]).content.decode()

    assert sent["Location"] == f"{IMPORTS}{job.id}/"
    assert 'http-equiv="refresh"' in waiting
    assert 'data-hx-trigger="every 1s"' in waiting
    assert 'http-equiv="refresh"' not in done
    assert "data-hx-trigger" not in done
    assert "2 of 2 products" in done
    assert list(Product.objects.values_list("slug", "available")) == [("oak-lamp", 4)]
    assert [problem.row for problem in office.get(sent["Location"]).context["shown"].problems] == [3]


def test_a_check_changes_nothing(office: Client) -> None:
    office.post(IMPORTS, {"file": upload(), "dry_run": "on"})
    run_imports()

    job = ImportJob.objects.get()
    assert (job.state, job.is_dry_run, job.created_count) == ("done", True, 1)
    assert not Product.objects.exists()


def test_htmx_gets_the_changing_part_alone(office: Client) -> None:
    sent = office.post(IMPORTS, {"file": upload()})

    part = office.get(sent["Location"], headers={"HX-Request": "true"}).content.decode()

    assert part.lstrip().startswith('<div class="stack"')
    assert "<html" not in part


def test_what_is_no_product_file_is_refused_at_the_field(office: Client) -> None:
    answer = office.post(IMPORTS, {"file": upload("just a text\n")})
    empty = office.post(IMPORTS, {})

    assert (answer.status_code, empty.status_code) == (422, 422)
    assert list(answer.context["form"].errors) == ["file"]
    assert not ImportJob.objects.exists()


def test_an_unknown_import_is_not_found(office: Client) -> None:
    assert office.get(f"{IMPORTS}{uuid4()}/").status_code == 404


def test_the_catalogue_is_exported_as_csv_and_zip(office: Client) -> None:
    VariantFactory(product=ProductFactory(slug="oak-lamp"), sku="OAK")

    table = office.get("/office/products/export/")
    archive = office.get("/office/products/export/?format=zip")

    assert table["Content-Disposition"] == 'attachment; filename="products.csv"'
    assert b"oak-lamp" in b"".join(table.streaming_content)
    assert b"".join(archive.streaming_content).startswith(b"PK")
    assert office.get("/office/products/export/?format=exe").status_code == 404

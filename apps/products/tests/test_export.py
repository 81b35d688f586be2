"""Exports: the same format, everything back, byte for byte, and nothing that a spreadsheet would execute."""

import io
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.products.models.catalogue import Category, Product, SlugRedirect, Variant
from apps.products.models.media import Media
from apps.products.models.stock import Stock, StockMovement
from apps.products.rules.csv_reading import ProductFile
from apps.products.services.exporting import export_archive
from apps.products.services.importing_files import opened
from apps.products.services.importing_pictures import archive_paths
from apps.products.tests.factories import VariantFactory
from apps.products.tests.importing import APPAREL, NoWeb, counts, csv, exported, imported, importing, png

pytestmark = pytest.mark.django_db
DEMO = Path(__file__).resolve().parent.parent / "management" / "demo" / "catalogue.csv"


def empty_the_shop() -> None:
    Product.objects.all().delete()
    Category.objects.filter(parent__isnull=False).delete()
    for model in (StockMovement, Stock, SlugRedirect, Category):
        model.objects.all().delete()


def archived() -> bytes:
    out = io.BytesIO()
    export_archive(out)
    return out.getvalue()


def test_shopifys_sample_comes_back_byte_for_byte_after_a_move() -> None:
    imported(APPAREL.read_bytes())
    first = exported()
    empty_the_shop()

    outcome = imported(first)

    assert counts(outcome) == (20, 0, 0, 0)
    assert exported() == first
    assert b"https://burst.shopifycdn.com/photos/city-woman-fashion_925x@2x.jpg" in first


def test_what_the_sample_said_is_still_said() -> None:
    imported(APPAREL.read_bytes())

    lines = exported().decode().splitlines()

    header = APPAREL.read_text().splitlines()[0]
    assert lines[0] == header + ",Summary,Category,Tax Class"
    top = next(line for line in lines if line.startswith("classic-varsity-top,Classic"))
    assert ",deny,manual,60.00,,true,true,," in top
    assert ",1,,false,,," in top


def test_the_demo_shop_moves_with_its_pictures_and_without_a_network(tmp_path: Path) -> None:
    call_command("import_products", str(DEMO), verbosity=0, stdout=io.StringIO(), stderr=io.StringIO())
    first, table = archived(), exported()
    empty_the_shop()
    path = tmp_path / "shop.zip"
    path.write_bytes(first)
    said = io.StringIO()

    call_command("import_products", str(path), stdout=said, stderr=io.StringIO())

    assert said.getvalue() == (
        "86 products: 86 created, 0 updated, 0 unchanged, 0 refused. 136 pictures added, 0 left out.\n"
    )
    assert archived() == first
    assert len(exported()) == len(table)
    said = io.StringIO()
    call_command("import_products", str(path), stdout=said, stderr=io.StringIO())
    assert "0 created, 0 updated, 86 unchanged, 0 refused" in said.getvalue()


def test_the_demo_shop_moves_as_a_table_too() -> None:
    call_command("import_products", str(DEMO), verbosity=0, stdout=io.StringIO(), stderr=io.StringIO())
    first = exported()
    empty_the_shop()

    outcome = imported(first)

    assert counts(outcome) == (86, 0, 0, 0)
    assert exported() == first


def test_unknown_columns_come_back_where_they_stood() -> None:
    header = "Handle,Title,Option1 Name,Option1 Value,Variant Price,Zebra,Variant Cost,Apple,Image Src"
    content = csv(
        "a,A,Size,S,1,stripes,3.10,,https://x.example/1.png",
        "a,,,M,1,late,3.20,,https://x.example/2.png",
        "a,,,,,,,red,https://x.example/3.png",
        header=header,
    )
    imported(content)
    first = exported()
    empty_the_shop()

    imported(first)

    assert exported() == first
    lines = first.decode().splitlines()
    assert lines[0].endswith("Summary,Category,Tax Class,Zebra,Variant Cost,Apple")
    assert [line.rsplit(",", 3)[1:] for line in lines[1:]] == [
        ["stripes", "3.10", ""],
        ["late", "3.20", ""],
        ["", "", "red"],
    ]


def test_cells_that_a_spreadsheet_would_execute_are_guarded_and_come_back() -> None:
    content = csv('=cmd,"=HYPERLINK(1)",-4,1,@x', header="Vendor,Title,Odd,Variant Price,Handle").replace(b",@x", b",a")
    imported(content)

    text = exported().decode()

    assert "'=HYPERLINK(1)" in text
    assert "'=cmd" in text
    assert "'-4" in text
    assert not any(cell.startswith(("=", "@", "-", "+")) for line in text.splitlines() for cell in line.split(","))
    assert counts(imported(text.encode())) == (0, 0, 1, 0)
    assert Product.objects.get().name == "=HYPERLINK(1)"


def test_shopifys_status_follows_what_the_shop_shows() -> None:
    imported(csv("a,A,1,true,archived", header="Handle,Title,Variant Price,Published,Status"))
    assert ",archived" in exported().decode()
    product = Product.objects.get()
    product.is_published, product.published_at = True, product.created_at
    product.save()

    text = exported()

    assert b",active" in text
    imported(text)
    assert Product.objects.get().is_published
    assert exported() == text


def test_an_archive_holds_the_pictures_that_only_we_have() -> None:
    content = csv(
        "a,A,1,pictures/own.png", "b,B,1,https://x.example/b.png", header="Handle,Title,Variant Price,Image Src"
    )
    imported(content, fetcher=NoWeb(own_png=png()))

    with zipfile.ZipFile(io.BytesIO(archived())) as archive:
        assert archive.namelist() == ["products.csv", "pictures/a/own.png"]
    with opened(io.BytesIO(archived())) as file:
        assert file.local is not None
        assert file.local.read("pictures/a/own.png").startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "name",
    ["..\\..\\evil.png", "C:evil.png", "..", "evil\u202egnp.exe", "a\tb.png", "CON.png", "a.png.", "a" * 97 + ".png"],
    ids=["up", "drive", "dots", "bidi", "tab", "device", "end", "long"],
)
def test_no_name_from_an_import_leads_out_of_the_folder_of_who_unpacks_the_export(name: str) -> None:
    content = csv(f"a,A,1,pictures/{name}", header="Handle,Title,Variant Price,Image Src")
    imported(content, fetcher=NoWeb(**{name.replace(".", "_"): png()}))

    with zipfile.ZipFile(io.BytesIO(archived())) as archive:
        assert archive.namelist() == ["products.csv", "pictures/a/1.png"]


def test_no_two_pictures_of_a_product_lie_at_one_place_in_an_archive() -> None:
    names = ("3-a.png", "a.png", "A.png", "a.png", "")
    media = [Media(file="media/x.png", source_url=f"pictures/{name}" if name else "") for name in names]

    paths = [path.removeprefix("pictures/mug/") for path in archive_paths("mug", media)]

    assert paths == ["3-a.png", "a.png", "3-3-A.png", "4-a.png", "5.png"]


def test_a_carriage_return_in_a_cell_begins_no_row() -> None:
    VariantFactory(product__name="Mug\r=1+1", product__slug="mug")

    assert b'"Mug\r=1+1"' in exported()
    assert [row.handle for row in ProductFile(io.BytesIO(exported())).rows()] == ["mug"]


def test_the_command_writes_to_a_file_or_to_the_screen(tmp_path: Path) -> None:
    imported(csv("a,Ä,,,,1,"))
    screen = io.StringIO()

    call_command("export_products", str(tmp_path / "out.csv"))
    call_command("export_products", stdout=screen)

    assert (tmp_path / "out.csv").read_bytes() == exported() == screen.getvalue().encode()


def test_the_command_ends_with_1_when_something_was_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(csv("a,A,,,,1,", "b,B,,,,x,"))
    said, complained = io.StringIO(), io.StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("import_products", str(path), stdout=said, stderr=complained)

    assert ended.value.code == 1
    assert said.getvalue().startswith("2 products: 1 created, 0 updated, 0 unchanged, 1 refused.")
    assert "Row 3: the price “x” is not a number" in complained.getvalue()


def test_the_command_names_the_column_that_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(b"Handle,Price\n")

    with pytest.raises(CommandError, match="The column “Title” is missing"):
        call_command("import_products", str(path))
    with pytest.raises(CommandError):
        call_command("import_products", str(tmp_path / "nothing.csv"))


def test_an_empty_shop_exports_its_header_alone() -> None:
    assert exported().count(b"\n") == 1
    assert importing(exported()).total == 0
    assert not Variant.objects.exists()

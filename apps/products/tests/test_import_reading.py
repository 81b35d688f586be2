"""Reading and writing product files, without a database."""

import io
import time
import tracemalloc
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.products.rules.csv_cells import guarded, unguarded
from apps.products.rules.csv_drafts import ProductDraft
from apps.products.rules.csv_products import made_up_sku, read_product
from apps.products.rules.csv_reading import ProductFile, UnreadableFileError, survey
from apps.products.rules.csv_writing import header_of, lines
from apps.products.tests.importing import APPAREL, csv

pytestmark = pytest.mark.once


def read(content: bytes, currency: str = "EUR") -> tuple[list[ProductDraft], list[tuple[int, str]]]:
    file = ProductFile(io.BytesIO(content))
    drafts, problems = [], []
    for rows in file.products():
        draft, faults = read_product(rows, columns=file.columns, currency=currency)
        drafts += [draft] if draft else []
        problems += [(fault.row, fault.message) for fault in faults]
    return drafts, problems


def test_shopifys_sample_is_read_whole() -> None:
    drafts, problems = read(APPAREL.read_bytes())

    assert problems == []
    assert (len(drafts), sum(len(draft.variants) for draft in drafts)) == (20, 22)
    assert [variant.sku for variant in drafts[1].variants] == [
        "classic-varsity-top_small",
        "classic-varsity-top_medium",
        "classic-varsity-top_large",
    ]
    assert drafts[1].option_names == ("Size",)
    assert drafts[0].option_names == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_encoding_separator_and_line_end_is_simply_read(encoding: str, separator: str, end: str) -> None:
    text = f'Handle,Title,Variant Price{end}mug,"Große Tasse{end}für „Öl“",12.50{end}'.replace(",", separator)

    drafts, problems = read(text.encode(encoding))

    assert problems == []
    assert drafts[0].fields["name"] == f"Große Tasse{end}für „Öl“"
    assert drafts[0].variants[0].fields["price_minor"] == 1250


def test_a_decimal_comma_and_a_stated_separator_are_read() -> None:
    drafts, problems = read(b"sep=;\nHandle;Title;Variant Price\nmug;Mug;12,50\n")

    assert problems == []
    assert drafts[0].variants[0].fields["price_minor"] == 1250


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty."),
        (b"\n\n", "The file is empty."),
        (b"Handle,Price\na,1\n", "The column “Title” is missing."),
        (b"Title\na\n", "The column “Handle” is missing."),
        (b"Handle,Title,Title\n", "The column “Title” is there twice."),
        (b"Handle,Title,x,x\n", "The column “x” is there twice."),
        (b"\x81\x8d\x8f Handle,Title\n", "The file is no text in UTF-8, UTF-16 or Windows-1252."),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x81", "The file is no text in UTF-8, UTF-16 or Windows-1252."),
    ],
)
def test_a_file_that_is_no_product_csv_is_refused_with_the_reason(content: bytes, message: str) -> None:
    with pytest.raises(UnreadableFileError) as refused:
        ProductFile(io.BytesIO(content))

    assert refused.value.message == message
    assert refused.value.fields == {"file": [message]}


@pytest.mark.parametrize(
    ("price", "message"),
    [
        ("12,x", "the price “12,x” is not a number"),
        ("1e5", "the price “1e5” is not a number"),
        ("NaN", "the price “NaN” is not a number"),
        ("1,234", "the price “1,234” is not a number"),
        ("-1", "the price “-1” is less than 0"),
        ("1000000000000000000", "the price “1000000000000000000” is too large"),
        ("1.234", "the price “1.234” has more decimal places than EUR allows"),
        ("", "there is no price"),
        ("1\x00", "the price holds a NUL character"),
    ],
)
def test_a_bad_price_is_told_with_its_row(price: str, message: str) -> None:
    drafts, problems = read(f'Handle,Title,Variant Price\ntea,Tea,3\nmug,Mug,"{price}"\n'.encode())

    assert [draft.handle for draft in drafts] == ["tea"]
    assert problems[0] == (3, message)


@pytest.mark.parametrize(
    ("lines_", "problem"),
    [
        (("Mug!,Mug,,,,1,",), "the handle “mug!” may only hold the letters a to z, digits, hyphens and underscores"),
        (("export,Mug,,,,1,",), "the handle “export” is a word that the shop keeps for itself"),
        ((",Mug,,,,1,",), "there is no handle"),
        (("mug,,,,,1,",), "there is no title"),
        (("mug,Mug,,,,1,-1",), "the quantity “-1” is less than 0"),
        (("mug,Mug,,,,1,1.5",), "the quantity “1.5” is not a whole number"),
        (("mug,Mug,,,,1,99999999999",), "the quantity “99999999999” is too large"),
        (("mug,Mug,,Red,,1,",), "option 1 has values, but no name"),
        (("mug,Mug,Size,,,1,",), "the value of the option “Size” is missing"),
        (("mug,Mug,Size,S,,1,1,surplus",), "there are 8 cells, but the header has 7"),
        ((f"mug,{'x' * 300},,,,1,",), "the title has 300 characters; at most 255 fit"),
        ((f"mug,Mug,,,{'x' * 65},1,",), "the SKU has 65 characters; at most 64 fit"),
    ],
)
def test_a_bad_row_is_told_in_plain_words(lines_: tuple[str, ...], problem: str) -> None:
    drafts, problems = read(csv(*lines_))

    assert drafts == []
    assert (2, problem) in problems


def test_a_variant_or_a_sku_that_stands_twice_is_refused() -> None:
    _, problems = read(csv("mug,Mug,Size,S,A,1,", "mug,,,s,B,1,", "mug,,,L,a,1,"))

    assert problems == [
        (3, "the variant “s” is there twice, first in row 2"),
        (4, "the SKU “a” is there twice, first in row 2"),
    ]


def test_a_quote_that_is_never_closed_costs_one_product_and_no_more() -> None:
    content = csv("tea,Tea,,,,3,", "mug,Mug,Size,S,,1,", 'mug,,,"M,,1,', "mug,,,L,,1,", "pot,Pot,,,,2,")

    drafts, problems = read(content)

    assert [draft.handle for draft in drafts] == ["tea", "pot"]
    assert problems == [(4, "a quotation mark is missing or stands where none may be")]


def test_a_file_in_which_each_row_swallows_all_that_follow_is_refused_soon() -> None:
    file = ProductFile(io.BytesIO(b"Handle,Title,Variant Price\n" + b'a",",b\n' * 100_000))
    began = time.process_time()

    with pytest.raises(UnreadableFileError, match="too many rows"):
        deque(file.rows(), maxlen=0)

    assert time.process_time() - began < 10


def test_a_giant_cell_costs_one_product_and_no_more() -> None:
    drafts, problems = read(csv("tea,Tea,,,,3,", f'mug,"{"x" * 200_000}",,,,1,', "pot,Pot,,,,2,"))

    assert {"tea", "pot"} <= {draft.handle for draft in drafts} <= {"tea", "pot", "mug"}
    assert problems[0] == (3, "a cell is too long, or a quotation mark is never closed")
    assert "mug" not in {draft.handle for draft in drafts}


def test_rows_of_a_product_that_do_not_stand_together_are_noticed() -> None:
    file = ProductFile(io.BytesIO(csv("mug,Mug,Size,S,,1,", "tea,Tea,,,,3,", "mug,,,M,,1,")))

    assert survey(file.products()).scattered == {"mug": 2}


@given(st.text(max_size=30))
def test_no_cell_is_executed_and_every_cell_comes_back(text: str) -> None:
    cell = guarded(text)

    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert unguarded(cell) == text


@pytest.mark.parametrize("text", ["=1+1", "-5", "+49 30", "@x", "'=1", "''-2"])
def test_what_begins_a_formula_is_guarded(text: str) -> None:
    assert guarded(text) == "'" + text


@given(
    st.lists(st.text(min_size=1, max_size=40).map(str.strip).filter(bool), max_size=3), st.sampled_from(["a", "a-b"])
)
def test_a_made_up_sku_is_short_and_always_the_same(options: list[str], handle: str) -> None:
    sku = made_up_sku(handle, options)

    assert sku == made_up_sku(handle, list(options))
    assert 0 < len(sku) <= 64


def test_made_up_skus_of_different_things_differ() -> None:
    wanted = [
        ("a", ["b", "c"]),
        ("a", ["b c"]),
        ("a", ["b-c"]),
        ("a-b", ["c"]),
        ("a_b", ["c"]),
        ("a", ["Größe"]),
        ("a", ["Grosse"]),
        ("a", ["Gröse"]),
        ("x" * 80, ["b"]),
        ("x" * 81, ["b"]),
    ]

    assert len({made_up_sku(handle, options) for handle, options in wanted}) == len(wanted)


def test_a_draft_that_is_written_is_read_again() -> None:
    header = (
        "Handle,Title,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src,Odd,Variant Odd"
    )
    content = csv(
        'mug,"Mug, ""big""","a, b",false,Size,=S,\'+1,1.00,https://x.example/1.png,=2+2,v1',
        "mug,,,,,M,B,2.00,https://x.example/2.png,w,v2",
        "mug,,,,,,,,https://x.example/3.png,@z,",
        header=header,
    )
    drafts, problems = read(content)
    base = dict.fromkeys(("description", "vendor", "product_type", "summary", "seo_title", "seo_description"), "")
    variant = {
        "compare_at_minor": None,
        "barcode": "",
        "weight_grams": 0,
        "requires_shipping": True,
        "is_taxable": True,
    }
    for draft in drafts:
        draft.fields.update(base, tax_class="standard")
        for one in draft.variants:
            one.fields.update(variant)

    text = "".join(lines(header_of(attributes=(), unknown=("Odd", "Variant Odd")), drafts))

    again, problems_again = read(text.encode())
    assert problems == problems_again == []
    assert [variant.sku for variant in again[0].variants] == ["+1", "B"]
    assert again[0].extra == drafts[0].extra == (("Odd", "=2+2"),)
    assert again[0].picture_extra == drafts[0].picture_extra == {2: (("Odd", "@z"),)}
    assert [one.extra for one in again[0].variants] == [one.extra for one in drafts[0].variants]
    assert again[0].variants[0].options == ("=S", "", "")


def test_memory_does_not_grow_with_the_file() -> None:
    def peak(products: int) -> int:
        file = io.BytesIO(csv(*(f"p{place},{'x' * 200},,,,1,{place}" for place in range(products))))
        opened = ProductFile(file)
        tracemalloc.start()
        for rows in opened.products():
            read_product(rows, columns=opened.columns, currency="EUR")
        reached = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return reached

    assert peak(6000) < 2 * peak(600) < 4_000_000

"""Decisions of the catalogue that need no database."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.products.rules.names import free_sku, free_slug, is_slug, sku_of, slug_of
from apps.products.rules.options import (
    InvalidOptionsError,
    OptionsTakenError,
    check_choices,
    check_options,
    derived,
    values_of,
)
from apps.products.rules.pictures import fitted
from apps.products.rules.search import MAX_WORDS, normalised, terms
from apps.products.rules.stock import is_low, short, summed
from apps.products.rules.text import is_storable_deep, plain_text, sanitised
from apps.products.rules.tree import ROOT, CategoryCycleError, CategoryTooDeepError, Path, below, check_no_cycle, moved

pytestmark = pytest.mark.once
SIZE = {"name": "Size", "values": ["S", "M"]}


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Crème brûlée!", "creme-brulee"),
        ("  A  b ", "a-b"),
        ("日本", "product"),
        ("", "product"),
        ("a" * 300, "a" * 200),
    ],
)
def test_a_name_becomes_a_slug(name: str, slug: str) -> None:
    assert slug_of(name, fallback="product") == slug


@given(st.text())
def test_every_name_becomes_an_allowed_slug(name: str) -> None:
    assert is_slug(free_slug(slug_of(name, fallback="product"), taken=set()))


def test_free_names_count_up() -> None:
    assert free_slug("mug", taken={"mug", "mug-2"}) == "mug-3"
    assert free_slug("import", taken=set()) == "import-2"
    assert free_sku("MUG", taken={"MUG"}) == "MUG-2"
    assert sku_of("blue-shirt", ["Extra large", "日本"]) == "BLUE-SHIRT-EXTRA-LARGE-X"


@given(st.text())
@example("\N{MATHEMATICAL BOLD CAPITAL A}")
def test_words_of_a_search_are_letters_and_digits_only(query: str) -> None:
    found = terms(query)

    assert len(found.words) <= MAX_WORDS
    assert all(word.isalnum() and word == word.casefold() for word in found.words)
    assert sorted(found.indexed + found.scanned) == sorted(found.words)


def test_words_lose_accents_plurals_and_what_no_index_holds() -> None:
    assert normalised("Crème-BRÛLÉE, no. 7") == "creme brulee no 7"
    assert terms("the blue mugs").words == ("blue", "mug")
    assert terms("glass tv").indexed == ("glass",)
    assert terms("glass tv").scanned == ("tv",)
    assert terms("the").scanned == ("the",)
    assert not terms("!?")


@pytest.mark.parametrize(
    "options",
    [
        [SIZE, SIZE],
        [SIZE, {"name": "size", "values": ["x"]}],
        [{"name": "", "values": ["x"]}],
        [{"name": "A", "values": []}],
        [{"name": "A", "values": ["x", "X"]}],
        [{"name": "A", "values": [" x"]}],
        [{"name": "A", "values": ["x" * 121]}],
        [{"name": name, "values": ["x"]} for name in "ABCD"],
    ],
)
def test_options_that_contradict_each_other_are_refused(options: list[dict[str, object]]) -> None:
    with pytest.raises(InvalidOptionsError):
        check_options(options)


def test_each_variant_is_one_choice() -> None:
    check_choices([SIZE], [["S"], ["M"]])
    for choices, error in (
        ([["S"], ["S"]], OptionsTakenError),
        ([["L"]], InvalidOptionsError),
        ([[]], InvalidOptionsError),
        ([["S", "M"]], InvalidOptionsError),
    ):
        with pytest.raises(error):
            check_choices([SIZE], choices)


def test_choices_by_name_are_put_into_order() -> None:
    options = derived([{"Size": "S", "Colour": "red"}, {"Size": "M", "Colour": "red"}])

    assert options == [SIZE, {"name": "Colour", "values": ["red"]}]
    assert values_of(options, {"Colour": "red", "Size": "M"}) == ["M", "red"]
    for chosen in ({"Size": "M"}, {"Size": "M", "Colour": "red", "Cut": "slim"}):
        with pytest.raises(InvalidOptionsError):
            values_of(options, chosen)


def test_stock_in_numbers() -> None:
    assert summed([("B", 1), ("A", 2), ("B", 3)]) == {"A": 2, "B": 4}
    assert list(summed([("B", 1), ("A", 2)])) == ["A", "B"]
    assert short({"A": 2, "B": 1, "C": 1}, {"A": 1, "B": 1}) == ["A", "C"]
    assert [is_low(available=n, mark=None, default_mark=5) for n in (5, 6)] == [True, False]
    assert [is_low(available=n, mark=0, default_mark=5) for n in (0, 1)] == [True, False]


def test_paths_follow_their_ancestors() -> None:
    wear = below(ROOT, slug="wear", name="Wear")
    shirts = below(wear, slug="shirts", name="Shirts")

    assert shirts == Path("/wear/shirts/", "Wear\nShirts")
    assert moved(shirts, old=wear, new=Path("/clothes/", "Clothes")) == Path("/clothes/shirts/", "Clothes\nShirts")
    check_no_cycle(moving=shirts, parent=wear)
    check_no_cycle(moving=wear, parent=ROOT)
    for parent in (wear, shirts):
        with pytest.raises(CategoryCycleError):
            check_no_cycle(moving=wear, parent=parent)
    with pytest.raises(CategoryTooDeepError):
        below(Path("/" + "a" * 650 + "/", "A"), slug="b" * 60, name="B")
    with pytest.raises(CategoryTooDeepError):
        moved(shirts, old=wear, new=Path("/" + "a" * 698 + "/", "A"))


@given(st.integers(1, 50_000), st.integers(1, 50_000))
def test_a_picture_fits_and_is_never_enlarged(width: int, height: int) -> None:
    small = fitted(width=width, height=height, side=480)

    assert min(small) >= 1
    assert max(small) == min(480, max(width, height))


@pytest.mark.parametrize(
    ("markup", "clean"),
    [
        ("<b>Bold</b> & <i>more</i>", "<b>Bold</b> &amp; <i>more</i>"),
        ("<script>alert(1)</script>x", "x"),
        ("<img src=x onerror=alert(1)>", ""),
        ('<p style="color:red" onclick="x">y</p>', "<p>y</p>"),
        ('<a href="javascript:x">y</a>', '<a rel="noopener noreferrer">y</a>'),
        ("<svg><style>x</style></svg><iframe src=x></iframe>", ""),
        ("a < b", "a &lt; b"),
    ],
)
def test_html_can_do_no_harm(markup: str, clean: str) -> None:
    assert sanitised(markup) == clean
    assert sanitised(clean) == clean


def test_text_of_html_and_what_can_be_kept() -> None:
    assert plain_text("<p>Caf&eacute;</p><p>au  lait</p>") == "Café au lait"
    assert is_storable_deep({"a": ["b", {"c": 1}]})
    assert not is_storable_deep({"a": ["b", {"c\x00": 1}]})
    assert not is_storable_deep(["\ud800"])

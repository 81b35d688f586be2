"""Keyset pages visit every row once, forwards and backwards, ties and empty values included."""

from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from django.http import QueryDict

from kernel.http.keysets import InvalidCursorError, encode_cursor
from kernel.http.paging import InvalidQueryError, KeysetPagination, Page, page_of
from kernel.models import InboxRow
from tests.unit.kernel.factories import NOON, InboxRowFactory

pytestmark = pytest.mark.django_db


class Pages(KeysetPagination):
    page_size = 4
    max_page_size = 10
    orderings = {
        "due": ("not_before", "id"),
        "late": ("-not_before", "-id"),
        "mixed": ("-attempts", "handled_at", "id"),
        "newest": ("-id",),
    }


@pytest.fixture
def rows() -> list[InboxRow]:
    moments = [None, NOON, None, NOON, NOON + timedelta(microseconds=1), NOON - timedelta(days=1), None, NOON]
    return [
        InboxRowFactory(not_before=moment, attempts=place % 3 + 1, handled_at=NOON + timedelta(hours=place % 2))
        for place, moment in enumerate(moments * 2)
    ]


def page(query: str, *, values: bool = False) -> Page:
    queryset: Any = InboxRow.objects.all()
    if values:
        queryset = queryset.values("id", "not_before", "attempts", "handled_at")
    return page_of(queryset, params=QueryDict(query), url=f"http://shop/list/?{query}", pages=Pages)


def query_of(url: str | None) -> str:
    assert url is not None
    return url.split("?", maxsplit=1)[1]


@pytest.mark.parametrize("ordering", Pages.orderings)
@pytest.mark.parametrize("values", [False, True])
def test_following_next_and_then_previous_shows_every_row_once_each_way(
    *, rows: list[InboxRow], ordering: str, values: bool
) -> None:
    def ids(found: Page) -> list[int]:
        return [row["id"] if values else row.id for row in found.results]

    forwards, current = [], page(f"ordering={ordering}", values=values)
    forwards.append(ids(current))
    while current.next_url:
        current = page(query_of(current.next_url), values=values)
        forwards.append(ids(current))
    backwards = [ids(current)]
    while current.previous_url:
        current = page(query_of(current.previous_url), values=values)
        backwards.insert(0, ids(current))

    assert sorted(chain.from_iterable(forwards)) == sorted(row.id for row in rows)
    assert [len(part) for part in forwards] == [4, 4, 4, 4]
    assert backwards == forwards


def test_empty_values_come_first_when_rising_on_every_database(rows: list[InboxRow]) -> None:
    found = page("ordering=due&page_size=10").results

    assert [row.not_before for row in found[:6]] == [None] * 6
    assert found[6].not_before == NOON - timedelta(days=1)


def test_a_row_that_joins_before_the_cursor_moves_nothing(rows: list[InboxRow]) -> None:
    first = page("ordering=newest")
    InboxRowFactory()

    second = page(query_of(first.next_url))

    assert [row.id for row in second.results] == [row.id for row in rows[-5:-9:-1]]


def test_the_count_is_told_only_when_asked(rows: list[InboxRow]) -> None:
    assert page("").count is None
    assert (page("count=true").count, page("count=true").count_is_capped) == (16, False)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("page_size=0", "page_size"),
        ("page_size=11", "page_size"),
        ("page_size=abc", "page_size"),
        ("page_size=-1", "page_size"),
        ("ordering=price", "ordering"),
        ("count=yes", "count"),
    ],
)
def test_a_parameter_without_meaning_is_named(query: str, name: str) -> None:
    with pytest.raises(InvalidQueryError) as refusal:
        page(query)

    assert list(refusal.value.fields) == [name]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%00",
        "WzFd",
        "é",
        "a" * 2000,
        "WyJuZXdlc3QiLDAsImFiYyJd",  # ["newest",0,"abc"]
        "WyJuZXdlc3QiLDAsOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTldIA",  # a number of 23 digits
        "WyJkdWUiLDAsMV0",  # ["due",0,1]: of another ordering
        "WyJuZXdlc3QiLDAsbnVsbF0",  # ["newest",0,null]
    ],
)
def test_a_damaged_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        page(f"cursor={cursor}")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_cursor_of_a_moment_outside_the_years_that_there_are_is_refused(moment: str) -> None:
    cursor = encode_cursor("due", [moment, 1])

    with pytest.raises(InvalidCursorError):
        page(f"ordering=due&cursor={cursor}")

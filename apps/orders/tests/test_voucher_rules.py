"""When a voucher counts, what it takes off, and whose it is."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.orders.rules.vouchers import (
    VoucherExpiredError,
    VoucherKind,
    VoucherMinimumError,
    VoucherNotYetValidError,
    VoucherRefusedError,
    VoucherTerms,
    VoucherUnknownError,
    VoucherUsedByYouError,
    VoucherUsedUpError,
    check_voucher,
    discount_of,
    email_key,
    free_slot,
    is_sound,
    normal_code,
)
from kernel.money import Money
from tests.fixtures import NOON

pytestmark = pytest.mark.once
TEN = VoucherTerms(
    kind=VoucherKind.PERCENT,
    currency="EUR",
    rate_ppm=100_000,
    minimum_minor=2000,
    valid_from=NOON,
    valid_until=NOON + timedelta(days=1),
    limit=5,
)
GOODS = Money(2000, "EUR")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" welcome10 ", "WELCOME10"),
        ("A-b_9", "A-B_9"),
        ("x" * 40, "X" * 40),
        ("x" * 41, ""),
        ("", ""),
        ("-A", ""),
        ("TWO WORDS", ""),
        ("TEN%", ""),
        ("STRA\u00dfE", "STRASSE"),
        ("\u0661", ""),
    ],
)
def test_a_code_is_read_as_it_is_kept_or_not_at_all(typed: str, kept: str) -> None:
    assert normal_code(typed) == kept


def test_an_address_is_one_person_however_it_is_written() -> None:
    assert email_key("Ada@Example.com") == email_key(" ada+shop@example.COM ")
    assert email_key("ada@example.com") != email_key("ada@example.org")
    assert email_key("+ada@example.com") != email_key("+bob@example.com")


@pytest.mark.parametrize(
    "written",
    [
        "ada@xn--exmple-cua.com",
        "ADA@EX\u00c4MPLE.com",
        "ada@exa\u0308mple.com",
        '"ada"@exämple.com',
        '"ada+shop"@exämple.com',
        '"a\\da"@exämple.com',
    ],
)
def test_odd_spellings_of_an_address_are_one_person_too(written: str) -> None:
    assert email_key(written) == email_key("ada@exämple.com")


@pytest.mark.parametrize("written", ['"+ada"@example.com', '"\\+ada"@example.com', '"+a\\da"@example.com'])
def test_odd_spellings_of_an_address_that_begins_with_a_plus_are_one_person_too(written: str) -> None:
    assert email_key(written) == email_key("+ada@example.com")


def test_what_is_no_domain_still_has_a_key() -> None:
    assert email_key("ada@.com") != email_key("ada@..com")


def test_a_voucher_counts_within_its_time_from_its_sum_on_until_it_is_used_up() -> None:
    check_voucher(TEN, used=4, goods=GOODS, now=NOON)
    check_voucher(TEN, used=0, goods=GOODS, now=NOON + timedelta(days=1, microseconds=-1))


@pytest.mark.parametrize(
    ("change", "used", "goods", "now", "refusal"),
    [
        ({"is_active": False}, 0, GOODS, NOON, VoucherExpiredError),
        ({}, 0, GOODS, NOON + timedelta(days=1), VoucherExpiredError),
        ({}, 0, GOODS, NOON - timedelta(microseconds=1), VoucherNotYetValidError),
        ({}, 5, GOODS, NOON, VoucherUsedUpError),
        ({}, 0, Money(1999, "EUR"), NOON, VoucherMinimumError),
        ({}, 0, Money(2000, "SEK"), NOON, VoucherUnknownError),
    ],
)
def test_a_voucher_that_does_not_count_says_why(
    change: dict[str, object], used: int, goods: Money, now: object, refusal: type[VoucherRefusedError]
) -> None:
    with pytest.raises(refusal) as refused:
        check_voucher(replace(TEN, **change), used=used, goods=goods, now=now)  # type: ignore[arg-type] - of a table

    assert refused.value.fields == {"voucher": [refused.value.message]}


def test_a_sum_that_is_not_reached_is_named() -> None:
    with pytest.raises(VoucherMinimumError) as refused:
        check_voucher(TEN, used=0, goods=Money(5, "EUR"), now=NOON)

    assert refused.value.extra == {"minimum": {"amount": "20.00", "currency": "EUR"}}
    assert refused.value.message == "This voucher counts from 20.00 EUR of goods on."


@pytest.mark.parametrize(
    ("kind", "rate_ppm", "amount_minor", "goods_minor", "discount_minor"),
    [
        (VoucherKind.PERCENT, 100_000, 0, 2000, 200),
        (VoucherKind.PERCENT, 100_000, 0, 5, 1),
        (VoucherKind.PERCENT, 100_000, 0, 4, 0),
        (VoucherKind.PERCENT, 1_000_000, 0, 1999, 1999),
        (VoucherKind.AMOUNT, 0, 500, 2000, 500),
        (VoucherKind.AMOUNT, 0, 500, 499, 499),
        (VoucherKind.FREE_SHIPPING, 100_000, 500, 2000, 0),
    ],
)
def test_a_voucher_takes_off_what_it_says_and_never_more_than_the_goods(
    kind: VoucherKind, rate_ppm: int, amount_minor: int, goods_minor: int, discount_minor: int
) -> None:
    terms = VoucherTerms(kind=kind, currency="EUR", rate_ppm=rate_ppm, amount_minor=amount_minor)

    assert discount_of(terms, goods_minor=goods_minor) == discount_minor


@pytest.mark.parametrize(
    ("limit", "taken", "slot"),
    [(None, [1, 2, None], None), (1, [], 1), (2, [1], 2), (2, [2], 1), (3, [None], 1), (3, [1, None], 2)],
)
def test_a_person_gets_the_first_place_that_is_free(limit: int | None, taken: list[int | None], slot: int) -> None:
    assert free_slot(limit=limit, taken=taken) == slot


@pytest.mark.parametrize(("limit", "taken"), [(1, [1]), (1, [None]), (1, [7]), (2, [1, 2]), (3, [1, 2, None])])
def test_a_person_without_a_free_place_is_refused(limit: int, taken: list[int | None]) -> None:
    with pytest.raises(VoucherUsedByYouError):
        free_slot(limit=limit, taken=taken)


@settings(max_examples=100)
@given(st.integers(1, 8), st.lists(st.booleans(), max_size=40))
def test_however_uses_come_and_go_a_person_never_has_more_than_the_limit(limit: int, steps: list[bool]) -> None:
    taken: list[int] = []

    for is_use in steps:
        if not is_use:
            taken = taken[1:]
        elif len(taken) < limit:
            slot = free_slot(limit=limit, taken=taken)
            assert slot is not None
            assert slot not in taken
            assert 1 <= slot <= limit
            taken.append(slot)
        else:
            with pytest.raises(VoucherUsedByYouError):
                free_slot(limit=limit, taken=taken)


@pytest.mark.parametrize(
    ("kind", "rate_ppm", "amount_minor", "sound"),
    [
        (VoucherKind.PERCENT, 1, 0, True),
        (VoucherKind.PERCENT, 1_000_000, 0, True),
        (VoucherKind.PERCENT, 1_000_001, 0, False),
        (VoucherKind.PERCENT, 0, 500, False),
        (VoucherKind.AMOUNT, 0, 1, True),
        (VoucherKind.AMOUNT, 5, 0, False),
        (VoucherKind.FREE_SHIPPING, 0, 0, True),
    ],
)
def test_a_voucher_that_gives_nothing_or_more_than_all_is_not_sound(
    kind: VoucherKind, rate_ppm: int, amount_minor: int, *, sound: bool
) -> None:
    terms = VoucherTerms(kind=kind, currency="EUR", rate_ppm=rate_ppm, amount_minor=amount_minor)

    assert is_sound(terms) is sound

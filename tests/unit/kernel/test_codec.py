"""What travels between services arrives as it left."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import orjson
import pytest

from kernel.codec import CannotTravelError, decode, encode
from kernel.money import Money

ID = UUID("01a20076-9fb4-7570-9bf3-50788d95f3b7")


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    sku: str
    quantity: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    id: UUID
    colour: Colour
    price: Money
    rate: Decimal
    at: datetime
    on: date
    lines: list[Inner]
    pair: tuple[str, int]
    many: tuple[int, ...]
    names: dict[str, Money]
    nobody: UUID | None
    somebody: UUID | None


THING = Everything(
    id=ID,
    colour=Colour.RED,
    price=Money(1234, "EUR"),
    rate=Decimal("0.250"),
    at=datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=UTC),
    on=date(2026, 6, 1),
    lines=[Inner(sku="A", quantity=2)],
    pair=("x", 1),
    many=(1, 2, 3),
    names={"sum": Money(5, "JPY")},
    nobody=None,
    somebody=ID,
)


def test_every_kind_of_value_survives_the_way_through_json() -> None:
    wire = orjson.dumps(encode(THING))

    assert decode(Everything, orjson.loads(wire)) == THING


def test_money_travels_as_text() -> None:
    assert encode(Money(1234, "EUR")) == {"amount": "12.34", "currency": "EUR"}


def test_a_member_that_is_new_is_ignored_and_one_that_is_missing_takes_its_default() -> None:
    assert decode(Inner, {"sku": "A", "colour": "red"}) == Inner(sku="A", quantity=1)


def test_a_value_of_another_type_is_refused() -> None:
    with pytest.raises(CannotTravelError):
        decode(Inner, {"sku": 7})


def test_what_has_no_place_in_a_contract_is_refused() -> None:
    with pytest.raises(CannotTravelError):
        encode(object())

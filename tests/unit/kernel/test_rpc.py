"""A contract that cannot travel fails in the suite, not on the day of the split."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol
from uuid import UUID

import pytest

from kernel import rpc
from kernel.codec import CannotTravelError
from kernel.errors import ConflictError
from kernel.ids import uuid7
from kernel.money import Money
from kernel.rpc import client


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    id: UUID
    price: Money


class Lamps(Protocol):
    service: ClassVar[str] = "products"

    def lamps(self, *, ids: list[UUID]) -> list[Lamp]: ...

    def burn(self, *, id: UUID) -> None: ...  # noqa: A002 - as in contracts

    def leak(self) -> list[Lamp]: ...


class Facade:
    def __init__(self) -> None:
        self.asked: list[Any] = []

    def lamps(self, *, ids: list[UUID]) -> list[Lamp]:
        self.asked.append(ids)
        return [Lamp(id=one, price=Money(500, "EUR")) for one in ids]

    def burn(self, *, id: UUID) -> None:  # noqa: A002 - as in contracts
        raise ConflictError("Too hot.", extra={"lamps": [id]})

    def leak(self) -> list[Any]:
        return [object()]


@pytest.fixture
def facade(monkeypatch: pytest.MonkeyPatch) -> Iterator[Facade]:
    stands = Facade()
    monkeypatch.setattr(rpc, "_facade", lambda _service: stands)
    return stands


def test_arguments_and_answers_are_equal_but_not_the_same_on_the_other_side(facade: Facade) -> None:
    ids = [uuid7(), uuid7()]

    answer = client(Lamps).lamps(ids=ids)

    assert answer == [Lamp(id=one, price=Money(500, "EUR")) for one in ids]
    assert facade.asked == [ids]
    assert facade.asked[0] is not ids


def test_a_refusal_keeps_its_class_code_and_members(facade: Facade) -> None:
    lamp = uuid7()

    with pytest.raises(ConflictError) as refusal:
        client(Lamps).burn(id=lamp)
    assert (refusal.value.code, refusal.value.extra) == ("conflict", {"lamps": [lamp]})


def test_an_answer_that_cannot_travel_is_found_out(facade: Facade) -> None:
    with pytest.raises(CannotTravelError):
        client(Lamps).leak()


def test_in_a_shop_the_facade_itself_answers(facade: Facade, settings: Any) -> None:
    settings.RPC_LOOPBACK = False

    assert client(Lamps) is facade

"""Every address, every method, everybody: who is let in is what docs/rights.md says.

Each request is real and signed as its person would sign it, and whatever it does is undone. Bodies are mostly empty:
an answer about the input alone (400, 409, 415, 422) is that of somebody who was let in.
"""

from typing import Any

import pytest

from contracts.rights import MEANINGS, Right
from tests.integration.rights.bodies import body_for
from tests.integration.rights.outcomes import outcome
from tests.integration.rights.routes import routes
from tests.integration.rights.table import ANSWERS, DOCUMENT, PEOPLE, table
from tests.integration.rights.world import World, build


@pytest.fixture
def world(db: None, settings: Any) -> World:
    """Return a shop whose staff needs a second factor, with one of everything and with everybody."""
    settings.MFA_REQUIRED_FOR_STAFF = True
    return build()


def answers(world: World, person: str, method: str, path: str) -> set[str]:
    """Return what a person is told at an address, or at all that it stands for."""
    return {
        outcome(world.ask(person, method, address, body_for(method, path)))
        for address in world.addresses(method, path, person=person)
    }


@pytest.mark.parametrize("person", PEOPLE)
def test_everybody_is_let_in_where_the_table_says_and_nowhere_else(world: World, person: str) -> None:
    known = table().routes.keys() & routes()

    wrong = {
        f"{method} {path}": f"{sorted(told)}, not {expected!r}"
        for method, path in sorted(known)
        if (told := answers(world, person, method, path)) != {expected := table().expected(method, path, person)}
    }

    assert wrong == {}


@pytest.mark.parametrize("right", Right)
def test_a_permission_group_opens_its_part_and_no_other_group_does(world: World, right: Right) -> None:
    named = {route: needed.split() for route, needed in table().rights.items() if needed.split()[0] == right}
    wrong = {}

    for (method, path), needed in sorted(named.items()):
        holder = "orders and refunds" if len(needed) > 1 else f"only {right}"
        expected = {holder: "yes", f"all but {right}": table().expected(method, path, "stranger")}
        told = {person: answers(world, person, method, path) for person in expected}
        if told != {person: {answer} for person, answer in expected.items()}:
            wrong[f"{method} {path}"] = told

    assert named
    assert wrong == {}


def test_no_address_is_missing_and_none_is_gone() -> None:
    listed = frozenset(table().routes)

    assert sorted(routes() - listed) == [], "new: put each one under its rule in docs/rights_of_the_*.md"
    assert sorted(listed - routes()) == [], "gone: take them out there"


def test_the_table_is_sound() -> None:
    rules = table().rules

    assert table().repeated == []
    assert set(table().routes.values()) == set(rules)
    assert {answer for answers in rules.values() for answer in answers.values()} <= ANSWERS
    assert {right for needed in table().rights.values() for right in needed.split()} == set(Right)


@pytest.mark.parametrize("right", MEANINGS)
def test_the_document_explains_each_right(right: Right) -> None:
    assert f"| **{right}** |" in DOCUMENT.read_text(encoding="utf-8")

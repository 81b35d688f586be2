"""What the documents say of events is what the contracts say, and no event ever loses or changes a member."""

import json

import pytest

from kernel.events.catalogue import all_events, meaning_of, schema_of
from kernel.events.documents import as_asyncapi, as_markdown
from tests.unit.architecture.tree import ROOT

SNAPSHOT = ROOT / "tests/unit/docs/event_schemas.json"
KNOWN = json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def test_the_page_of_events_is_what_the_contracts_say() -> None:
    assert (ROOT / "docs/events.md").read_text(encoding="utf-8") == as_markdown(), "run: make docs"


def test_the_file_for_programs_is_what_the_contracts_say() -> None:
    assert (ROOT / "docs/asyncapi.yaml").read_text(encoding="utf-8") == as_asyncapi(), "run: make docs"


def test_every_event_is_explained() -> None:
    assert [kind.type for kind in all_events() if not meaning_of(kind)] == []


@pytest.mark.parametrize("event_type", sorted(KNOWN))
def test_an_event_is_only_ever_extended(event_type: str) -> None:
    known = KNOWN[event_type]
    now = next((schema_of(kind) for kind in all_events() if kind.type == event_type), None)

    assert now is not None, "an event that was published stays"
    assert {name: now["properties"].get(name) for name in known["properties"]} == known["properties"]
    assert set(now["required"]) <= set(known["required"]), "a new member needs a default: older events lack it"


def test_every_event_has_its_snapshot() -> None:
    assert sorted(KNOWN) == [kind.type for kind in all_events()], (
        "a new event: add its schema to tests/unit/docs/event_schemas.json"
    )

"""What the documents say is there, is there; and what a command makes is what was committed."""

import re
from pathlib import Path

import pytest

from kernel.http.problem import CODES, PLAIN
from kernel.management.commands import errors
from tests.unit.architecture.tree import ROOT, files, text_files

LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]+)(?:#[^)]*)?\)")
CODE = re.compile(r"`([\w./-]+/[\w./-]+\.(?:py|md|toml|yml|html|css|js|sh|csv))`")
MACHINE = re.compile(r"(?<![\w.])/(?:work|tmp/sal)/|registry\.npmjs|pypi\.org/simple|files\.pythonhosted")
DOCUMENTS = [name for name in files() if name.endswith(".md") and not name.startswith((".github/", "static/"))]
DECISION_LINES = 30


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_file_that_a_document_links_to_exists(name: str) -> None:
    document = ROOT / name
    targets = [
        target
        for target in LINK.findall(document.read_text(encoding="utf-8"))
        if "://" not in target and target[0] != "/"
    ]

    assert [
        target for target in targets if not target.startswith("mailto:") and not (document.parent / target).exists()
    ] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_file_that_a_document_names_exists(name: str) -> None:
    said = CODE.findall((ROOT / name).read_text(encoding="utf-8"))

    assert [
        path for path in said if not (ROOT / path).exists() and not (ROOT / name).parent.joinpath(path).exists()
    ] == []


def test_the_page_of_errors_is_what_the_code_says() -> None:
    assert (ROOT / "docs/errors.md").read_text(encoding="utf-8") == errors.as_markdown(), "run: make docs"


def test_the_page_of_errors_knows_the_codes_of_the_framework() -> None:
    spoken = {code for _, _, code, _ in PLAIN} | set(CODES.values())
    listed = set(re.findall(r"^\| `(\w+)` \|", errors.as_markdown(), re.MULTILINE))

    assert spoken - listed == set()


def test_nothing_names_the_machine_or_the_index_that_it_was_made_with() -> None:
    names = [
        *text_files(),
        *(name for name in files() if name.startswith("requirements") or Path(name).suffix in {".json", ".cfg"}),
    ]
    guilty = [name for name in names if MACHINE.search((ROOT / name).read_text(encoding="utf-8"))]

    assert [name for name in guilty if name != "tests/unit/docs/test_docs.py"] == []


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name.startswith("docs/decisions/0")])
def test_a_decision_is_short_and_titled_by_what_was_decided(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()

    assert lines[0].startswith("# ")
    assert len(lines) <= DECISION_LINES

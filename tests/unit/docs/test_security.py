"""What the page on security promises is tested by what it names."""

import ast
import re
from collections import Counter

from tests.unit.architecture.tree import ROOT, files, python_sources

NAMED = re.compile(r"`([\w./-]+\.py)::(\w+)`")
CHAPTERS = 17


def named_tests() -> list[tuple[str, str]]:
    return NAMED.findall((ROOT / "docs/security.md").read_text(encoding="utf-8"))


def test_every_test_that_the_page_names_exists_once() -> None:
    functions = {
        source.name: {node.name for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef)}
        for source in python_sources()
    }

    missing = []
    for file, test in named_tests():
        places = [name for name in files() if name.endswith(f"/{file}")]
        if len(places) != 1 or test not in functions[places[0]]:
            missing.append(f"{file}::{test}")

    assert missing == []
    assert len(named_tests()) > CHAPTERS


def test_no_promise_is_made_twice() -> None:
    assert [test for test, times in Counter(named_tests()).items() if times > 1] == []


def test_the_page_has_every_chapter_of_the_standard_in_its_order() -> None:
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")

    assert re.findall(r"^## V(\d+) ", page, re.MULTILINE) == [str(number) for number in range(1, CHAPTERS + 1)]

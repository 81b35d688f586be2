"""The measures of the house: files and functions stay small, modules say what they are for."""

import ast
import re
from collections.abc import Iterator
from statistics import median, quantiles

from tests.unit.architecture.tree import ROOT, Source, is_test, python_sources, text_files

FILE_LINES, TEST_LINES, FUNCTION_LINES = 400, 600, 40
SILENCED = re.compile(r"#\s*(?:noqa|type:\s*ignore)(?!.*[-#]\s*\w+\W+\w+)")
TYPE_IGNORED = re.compile(r"#\s*type:\s*ignore")
TYPES_IGNORED = 10
GENERATED = {"docs/asyncapi.yaml"}
"""Read by programs, made by one: its length is that of what it lists."""
MEDIAN_FILE, MEDIAN_FUNCTION, P90_FUNCTION = 100, 8, 25


def functions(source: Source) -> Iterator[tuple[str, int]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{source.name}:{node.lineno} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def product() -> list[Source]:
    return [source for source in python_sources() if not is_test(source.name)]


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {
        name: (ROOT / name).read_text(encoding="utf-8").count("\n") for name in text_files() if name not in GENERATED
    }

    too_long = {name: n for name, n in lengths.items() if n > (TEST_LINES if is_test(name) else FILE_LINES)}

    assert too_long == {}


def test_half_of_the_files_are_short() -> None:
    lengths = [source.lines for source in product() if source.lines > 1]

    assert median(lengths) <= MEDIAN_FILE


def test_no_function_is_long() -> None:
    too_long = {name: n for source in product() for name, n in functions(source) if n > FUNCTION_LINES}

    assert too_long == {}


def test_most_functions_are_short() -> None:
    lengths = [n for source in product() for _, n in functions(source)]

    assert median(lengths) <= MEDIAN_FUNCTION
    assert quantiles(lengths, n=10)[-1] <= P90_FUNCTION


def test_every_module_says_what_it_is_for() -> None:
    silent = [source.name for source in product() if not ast.get_docstring(source.tree) and source.lines > 0]

    assert silent == []


def test_everything_in_contracts_says_what_it_promises() -> None:
    silent = [
        f"{source.name}:{node.lineno} {node.name}"
        for source in product()
        if source.name.startswith("contracts/")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not ast.get_docstring(node) and node.name[0] != "_"
    ]

    assert silent == []


def test_a_silenced_check_gives_its_reason_in_words() -> None:
    bare = [
        f"{source.name}:{number}"
        for source in python_sources()
        for number, line in enumerate(source.text.splitlines(), start=1)
        if SILENCED.search(line)
    ]

    assert bare == []


def test_types_are_silenced_only_a_few_times() -> None:
    silenced = [
        f"{source.name}: {line.strip()}"
        for source in product()
        for line in source.text.splitlines()
        if TYPE_IGNORED.search(line)
    ]

    assert len(silenced) <= TYPES_IGNORED, silenced


def test_contracts_fit_in_one_sitting() -> None:
    assert sum(source.lines for source in product() if source.name.startswith("contracts/")) < 1000

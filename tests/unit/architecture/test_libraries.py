"""What of a library is its own affair is touched in one file, where tests watch it."""

import ast
from collections.abc import Iterator

from tests.unit.architecture.tree import Source, is_test, python_sources

DOOR = "integrations/authentication/allauth_internals.py"


def imported(source: Source) -> Iterator[tuple[int, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("allauth."):
            yield node.lineno, node.value


def is_internal(name: str) -> bool:
    parts = name.split(".")
    return parts[0] == "allauth" and "internal" in parts


def test_the_internals_of_allauth_have_one_door() -> None:
    guilty = [
        f"{source.name}:{line} {name}"
        for source in python_sources()
        if source.name != DOOR and not is_test(source.name)
        for line, name in imported(source)
        if is_internal(name)
    ]

    assert guilty == []


def test_what_is_internal_is_recognised() -> None:
    source = Source("x.py", "", ast.parse("from allauth.core.internal import jwkkit\nimport allauth.mfa\n"))

    assert [name for _, name in imported(source) if is_internal(name)] == ["allauth.core.internal.jwkkit"]

"""What of a library is its own affair is touched in one file, where tests watch it."""

import ast
import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.test import Client

from tests.requirements import FILES, ROOT, wanted
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


def pinned(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9][a-z0-9.-]*)==", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))


def test_a_shop_installs_no_tool_of_the_tests_which_might_hold_cryptography_back() -> None:
    runtime = pinned("requirements.txt")
    tools = wanted(["--group", "test", "--group", "check"]) - wanted(FILES["requirements.txt"])

    assert {"cryptography", "pyjwt", "django-allauth"} <= runtime
    assert "pytest" in tools
    assert runtime & (tools | {"soft-webauthn", "pyotp", "twilio"}) == set()


@pytest.mark.parametrize("address", ["openapi.html", "openapi.json", "openapi.yaml"])
def test_the_sign_in_api_shows_no_page_that_loads_scripts_from_elsewhere(
    client: Client, db: None, address: str
) -> None:
    assert client.get(f"/_allauth/{address}").status_code == HTTPStatus.NOT_FOUND

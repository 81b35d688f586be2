"""Every stable code that a problem answer may carry, found in the code."""

import inspect
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import walk_packages

from kernel.errors import DomainError
from kernel.http.problem import FRAMEWORK_CODES
from kernel.topology import local_services


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One code with its HTTP status and what it means."""

    code: str
    status: int
    meaning: str


@cache
def all_codes() -> tuple[ErrorCode, ...]:
    """Return the codes in alphabetical order."""
    rows = {code: ErrorCode(code, status, meaning) for code, (status, meaning) in FRAMEWORK_CODES.items()}
    for kind in declared():
        rows[kind.code] = ErrorCode(kind.code, kind.status, _meaning(kind))
    return tuple(row for _, row in sorted(rows.items()))


def declared() -> list[type[DomainError]]:
    """Return every refusal that the code declares, with a code of its own."""
    for package in ("kernel", "contracts", *(f"apps.{service}" for service in local_services())):
        root = import_module(package)
        for module in walk_packages(root.__path__, f"{package}."):
            if not {"tests", "migrations", "management", "admin"} & set(module.name.split(".")):
                import_module(module.name)
    found: list[type[DomainError]] = []
    waiting: list[type[DomainError]] = [DomainError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if "code" in vars(kind) and ".tests." not in kind.__module__:
            found.append(kind)
    return sorted(found, key=lambda kind: (kind.code, kind.__module__, kind.__name__), reverse=True)


def _meaning(kind: type[DomainError]) -> str:
    return (inspect.getdoc(kind) or "").split("\n\n", maxsplit=1)[0].replace("\n", " ").replace("|", "\\|")

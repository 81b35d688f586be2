"""``manage.py errors``: docs/errors.md, every stable code that a problem answer may carry."""

import inspect
from importlib import import_module
from pkgutil import walk_packages

from django.core.management.base import BaseCommand

from kernel.errors import DomainError
from kernel.http.problem import FRAMEWORK_CODES
from kernel.topology import local_services

INTRO = """\
# Error codes

Every refusal of the API is an `application/problem+json` body (RFC 9457) with a `code`. Codes are permanent: programs
may rely on them, texts may change. Field errors stand under `errors`, by the field's name.

This page is generated: `python manage.py errors > docs/errors.md`.

| code | status | meaning |
|---|---|---|
"""


class Command(BaseCommand):
    """Prints the page."""

    help = "Print docs/errors.md."
    requires_system_checks = ()

    def handle(self, **_options: object) -> None:
        """Print."""
        self.stdout.write(as_markdown(), ending="")


def as_markdown() -> str:
    """Return the page of the docs."""
    rows = dict(FRAMEWORK_CODES)
    for kind in declared():
        rows[kind.code] = (kind.status, _meaning(kind))
    lines = [f"| `{code}` | {status} | {meaning} |\n" for code, (status, meaning) in sorted(rows.items())]
    return INTRO + "".join(lines)


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

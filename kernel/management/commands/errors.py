"""``manage.py errors``: every expected failure with its code and status, as docs/errors.md holds it."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from inspect import getdoc
from typing import Any

from django.core.management.base import BaseCommand

from kernel.errors import DomainError

PACKAGES = ("kernel", "contracts", "integrations", "apps", "api")
OF_THE_FRAMEWORK = {
    "authentication_failed": (401, "The key, token or password is wrong, or the account is switched off."),
    "bad_request": (400, "The request cannot be read."),
    "internal_error": (500, "Something went wrong on our side; the request id finds it in the log."),
    "malformed": (400, "The body is not JSON of the form that is asked for."),
    "method_not_allowed": (405, "This address does not take this method; `Allow` names those it takes."),
    "not_acceptable": (406, "There is no answer in a form that `Accept` names."),
    "not_authenticated": (401, "Only somebody who is signed in may do this."),
    "throttled": (429, "Too many requests; `Retry-After` says how many seconds to wait."),
    "too_large": (413, "The request is larger than is taken here."),
    "unknown_field": (400, "The body names a property that does not exist; `errors` says which."),
    "unsupported_media_type": (415, "The body's `Content-Type` is not one that is read here."),
}
LEFT_OUT = frozenset({"tests", "migrations", "management", "templatetags", "wsgi"})
HEAD = """# Errors

<!-- Made by `python manage.py errors > docs/errors.md`; a test keeps it true. -->

A refused request is answered as `application/problem+json` (RFC 9457). `code` is public and permanent: rely on it, and
show `detail` to people. A refusal of single fields names them under `errors`.

| code | status | when |
|---|---|---|
"""


class Command(BaseCommand):
    help = "Print every error code as the page docs/errors.md."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(page(), ending="")


def page() -> str:
    """Return docs/errors.md."""
    rows = OF_THE_FRAMEWORK | {
        error.code: (error.status, first_sentence(error)) for error in known_errors() if "code" in vars(error)
    }
    return HEAD + "".join(f"| `{code}` | {status} | {said} |\n" for code, (status, said) in sorted(rows.items()))


def first_sentence(error: type[DomainError]) -> str:
    """Return what the class says of itself, fit for a table."""
    return (getdoc(error) or "").partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")


def known_errors() -> list[type[DomainError]]:
    """Return every class of expected failure, after importing all of the product's modules."""
    for package in PACKAGES:
        for name in modules(package):
            import_module(name)
    return [DomainError, *descendants(DomainError)]


def modules(name: str) -> Iterator[str]:
    """Yield a package and the modules in it, but not its tests, migrations and commands."""
    package = import_module(name)
    yield name
    for found in pkgutil.iter_modules(package.__path__, f"{name}."):
        if found.name.rpartition(".")[2] in LEFT_OUT:
            continue
        if found.ispkg:
            yield from modules(found.name)
        else:
            yield found.name


def descendants(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    """Yield subclasses of subclasses, each once, in the order of their definition."""
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)

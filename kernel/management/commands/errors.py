"""``manage.py errors``: docs/errors.md, every stable code that a problem answer may carry."""

from django.core.management.base import BaseCommand

from kernel.error_codes import all_codes

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
    rows = [f"| `{row.code}` | {row.status} | {row.meaning} |\n" for row in all_codes()]
    return INTRO + "".join(rows)

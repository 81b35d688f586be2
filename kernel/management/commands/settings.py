"""``manage.py settings``: .env.example and docs/configuration.md, from what the settings declare."""

from argparse import ArgumentParser
from itertools import groupby

from django.core.management.base import BaseCommand

from kernel import env

HEAD = """\
# Every variable of Saluhall. Copied to .env as it is, it starts a development machine.
# A variable that is commented out has the value shown. For secrets, <NAME>_FILE may name a file instead.
"""
INTRO = """\
# Configuration

Everything is set by environment variables, or by a file `.env` beside `manage.py`; the environment wins.
The defaults are those of production. A bad value stops the start with one sentence. For each variable, `<NAME>_FILE`
may name a file that holds the value, as container platforms hand out secrets.

This page is generated: `python manage.py settings --markdown > docs/configuration.md`.
"""


class Command(BaseCommand):
    """Prints the declared variables."""

    help = "Print .env.example or the page of the docs."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the two forms."""
        form = parser.add_mutually_exclusive_group(required=True)
        form.add_argument("--env-example", action="store_true", help="as .env.example")
        form.add_argument("--markdown", action="store_true", help="as docs/configuration.md")

    def handle(self, *, env_example: bool, markdown: bool, **_options: object) -> None:
        """Print."""
        self.stdout.write(as_env_example() if env_example else as_markdown(), ending="")


def as_env_example() -> str:
    """Return the file that starts development when copied."""
    lines = [HEAD]
    for title, variables in _groups():
        lines.append(f"\n# --- {title}\n")
        for variable in variables:
            lines.append(f"# {variable.help} ({variable.kind})\n")
            is_set = variable.example is not None
            lines.append(
                f"{'' if is_set else '# '}{variable.name}={variable.example if is_set else variable.default}\n"
            )
    return "".join(lines)


def as_markdown() -> str:
    """Return the page of the docs."""
    lines = [INTRO]
    for title, variables in _groups():
        lines.append(f"\n## {title}\n\n| variable | kind | default | what it does |\n|---|---|---|---|\n")
        for variable in variables:
            default = f"`{variable.default}`" if variable.default else ""
            lines.append(f"| `{variable.name}` | {variable.kind} | {default} | {variable.help} |\n")
    return "".join(lines)


def _groups() -> list[tuple[str, list[env.Variable]]]:
    order = list(dict.fromkeys(variable.group for variable in env.registry.values()))
    ordered = sorted(env.registry.values(), key=lambda variable: order.index(variable.group))
    return [(title, list(rows)) for title, rows in groupby(ordered, key=lambda variable: variable.group)]

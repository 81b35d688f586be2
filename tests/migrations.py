"""Check that migrations say what the models say, and that no migration breaks the code that runs before it.

``python -m tests.migrations``: one start of Django for both. The linter runs on SQLite, which is always there, and leaves
out the first migration of an app: no code ran before it. SQLite makes a table anew for many changes, which the linter
takes for new columns without a default; so those are looked for in the operations themselves.
"""

import io
import os
import sys
import warnings
from contextlib import redirect_stdout

import django
from django.apps import apps
from django.core.management import call_command
from django.db.migrations import AddField, CreateModel, Migration
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

ALSO_OURS = ("kernel",)


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    os.environ["DATABASE_URL"] = ""
    django.setup()
    try:
        call_command("makemigrations", check=True, dry_run=True, verbosity=1, interactive=False)
    except SystemExit as refusal:
        if refusal.code:
            print("The models have changed: manage.py makemigrations --name what_it_does")
            return 1
    return lint()


def lint() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from django_migration_linter import MigrationLinter
    ours = [
        config.label
        for config in apps.get_app_configs()
        if config.name.startswith("apps.") or config.label in ALSO_OURS
    ]
    linter = MigrationLinter(
        include_apps=ours,
        no_cache=True,
        ignore_initial_migrations=True,
        exclude_migration_tests=["NOT_NULL"],
        quiet=["ok", "ignore", "warning"],
    )
    said = io.StringIO()
    with redirect_stdout(said):  # it names what it was told to leave out, too
        linter.lint_all_migrations()
    if linter.has_errors:
        print(said.getvalue())
    bare = [name for migration in _of(ours) for name in columns_without_default(migration)]
    for name in bare:
        print(f"{name}: the version that still runs cannot insert a row; give the column a db_default.")
    return 1 if linter.has_errors or bare else 0


def _of(labels: list[str]) -> list[Migration]:
    known = MigrationLoader(None).disk_migrations
    return [migration for (label, _), migration in sorted(known.items()) if label in labels]


def columns_without_default(migration: Migration) -> list[str]:
    """Return the new columns that rows must name, of tables that were there before."""
    new = {operation.name.lower() for operation in migration.operations if isinstance(operation, CreateModel)}
    return [
        f"{migration.app_label} {migration.name}: {operation.model_name}.{operation.name}"
        for operation in migration.operations
        if isinstance(operation, AddField)
        and operation.model_name.lower() not in new
        and not operation.field.many_to_many
        and not operation.field.null
        and operation.field.db_default is NOT_PROVIDED
    ]


if __name__ == "__main__":
    sys.exit(main())

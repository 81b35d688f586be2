"""Check that migrations say what the models say, and that no migration breaks the code that runs before it.

``python -m tests.migrations``: one start of Django for both. The linter runs on SQLite, which is always there, and leaves
out the first migration of an app: no code ran before it.
"""

import os
import sys
import warnings

import django
from django.apps import apps
from django.core.management import call_command

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
        include_apps=ours, no_cache=True, ignore_initial_migrations=True, quiet=["ok", "ignore", "warning"]
    )
    linter.lint_all_migrations()
    return 1 if linter.has_errors else 0


if __name__ == "__main__":
    sys.exit(main())

"""Empties the tables after a test that committed: only those that have rows, in one transaction.

Django's ``flush`` truncates every table and then fills those of content types and permissions again, which takes
PostgreSQL seconds on a busy disk. Deleting the few rows that a test made leaves the same behind.
"""

from django.apps import apps
from django.db import connections, transaction
from django.test import TransactionTestCase

KEPT = frozenset({"django_migrations", "django_content_type", "auth_permission"})
"""What the migrations made and no test changes."""


def empty(alias: str) -> None:
    """Delete every row of a database but those that are kept."""
    connection = connections[alias]
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT)
    name = connection.ops.quote_name
    with connection.cursor() as cursor:
        probes = (f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {name(table)})" for table in tables)
        cursor.execute(" UNION ALL ".join(probes))
        filled = [table for (table,) in cursor.fetchall()]
    if not filled:
        return
    with connection.constraint_checks_disabled(), transaction.atomic(using=alias), connection.cursor() as cursor:
        for table in filled:  # keys are checked at the commit, or not at all
            cursor.execute(f"DELETE FROM {name(table)}")


def _fixture_teardown(case: TransactionTestCase) -> None:
    """Take the place of Django's own; see the module."""
    assert case.available_apps is None
    for alias in case._databases_names(include_mirrors=False):
        empty(alias)


def install() -> None:
    """Let every test that commits end so."""
    assert apps.ready
    TransactionTestCase._fixture_teardown = _fixture_teardown

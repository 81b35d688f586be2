"""A mark on a database that is being filled: MySQL's cannot be all or nothing, and a half must not pass for a shop."""

from django.db import connections

TABLE = "kernel_restore_unfinished"
WORDS = "a restore did not come to its end"


def mark(alias: str) -> None:
    """Say that what is in here is no shop; a table, since it has to stay while others are dropped and made."""
    with connections[alias].cursor() as cursor:
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (since TIMESTAMP)")


def unmark(alias: str) -> None:
    """Say that all of it is there."""
    with connections[alias].cursor() as cursor:
        cursor.execute(f"DROP TABLE {TABLE}")


def is_marked(alias: str) -> bool:
    """True when a restore began here and did not end, or still runs."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        return TABLE in connection.introspection.table_names(cursor)

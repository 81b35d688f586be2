"""Tells a database that cannot do it now from a statement that is a fault of ours."""

import re

from django.db import DatabaseError, InterfaceError, OperationalError

from kernel.transactions import is_conflict

POSTGRESQL_PASSES = ("08", "25P03", "28", "40", "53", "55P03", "57", "58")
"""Beginnings of codes: connections, idle too long, sign-in, conflicts, no room, locks, stopped by the operator or by a
time-out, trouble of the machine."""
MYSQL_PASSES = frozenset(
    {
        *(1020, 1205, 1213),  # conflicts
        *(1040, 1041, 1203, 1226),  # too many connections, no memory, limits of the account
        *(1044, 1045, 1698),  # sign-in refused
        *(1021, 1053, 1077, 1079, 1114),  # disk full, shutting down, table full
        *(1152, 1158, 1159, 1160, 1161, 1927),  # connection aborted, network, killed
        *(1290, 1836, 1792),  # read-only meanwhile
        *(1317, 1969, 3024),  # interrupted; MariaDB's and MySQL's time-out of a statement
    }
)
MYSQL_CLIENT = range(2000, 2100)
"""What the driver says itself: no connection, server gone away, lost during query."""
SQLITE_PASSES = frozenset({5, 6, 7, 9, 10, 13, 14, 15})
"""Primary result codes: busy, locked, no memory, interrupted, I/O error, disk full, cannot open, locking protocol."""

VALUES = re.compile(r"""(?<=: )".*"|'.*'(?= for )""")
"""Where PostgreSQL and MySQL quote what was to be written."""


def without_values(error: DatabaseError) -> str:
    """Return what the database says of a failure, without the row that it was about: that may be personal or secret."""
    first_line = str(error).partition("\n")[0]  # PostgreSQL shows the row in the others
    return VALUES.sub("…", first_line)


def is_passing(error: BaseException) -> bool:
    """True when the database cannot do it now, whatever the statement: the client should come back later."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, DatabaseError):
        return False
    if is_conflict(error):
        return True
    cause = error.__cause__ or error
    if (state := getattr(cause, "sqlstate", None)) is not None:
        return str(state).startswith(POSTGRESQL_PASSES)
    if (number := getattr(cause, "sqlite_errorcode", None)) is not None:
        return number & 0xFF in SQLITE_PASSES
    code = cause.args[0] if cause.args else None
    if isinstance(code, int):
        return code in MYSQL_PASSES or code in MYSQL_CLIENT
    return isinstance(error, OperationalError) and type(cause).__module__.startswith("psycopg")

"""What every command that reads the shop's tables asks first: a sentence helps more at night than a traceback."""

from django.core.management.base import CommandError

from kernel.backups import unfinished
from kernel.http.health import trouble
from kernel.topology import local_databases


def refuse_half_restored(alias: str) -> None:
    """Refuse to begin on what a restore left half filled.

    :raises CommandError: says what mends it.
    """
    if unfinished.is_marked(alias):
        msg = f"The database {alias}: {unfinished.WORDS}; {_mend(unfinished.WORDS)}."
        raise CommandError(msg)


def require_databases() -> None:
    """Refuse to begin while a database does not answer or lacks its tables.

    :raises CommandError: says which, and what mends it.
    """
    for alias in local_databases():
        if found := trouble(alias):
            msg = f"The database {alias}: {found}; {_mend(found)}."
            raise CommandError(msg)


def _mend(found: str) -> str:
    if found == unfinished.WORDS:
        return "run manage.py restore --force again"
    return "run manage.py migrate" if "migrations" in found else "see that its server runs, and DATABASE_URL"

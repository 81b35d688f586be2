"""``make soak``: the long run before a release, with everything at once, on PostgreSQL and on MariaDB."""

import sys
from dataclasses import replace

from chaos.options import Options
from chaos.processes import leave_tidily
from chaos.run import run

FULL = Options(
    orders=10_000,
    buyers=12,
    kills=200,
    database_kills=3,
    broker=True,
    broker_down=(3, 30.0),
    quiet_seconds=300,
)


def main(arguments: list[str]) -> int:
    """Run in full, or, with arguments, as they say."""
    asked = Options.parse(arguments) if arguments else FULL
    is_well = True
    for database in ("postgresql", "mariadb"):
        text, was_well = run(replace(asked, database=database))
        print(text, end="\n\n", flush=True)
        is_well = is_well and was_well
    return 0 if is_well else 1


if __name__ == "__main__":
    leave_tidily()
    sys.exit(main(sys.argv[1:]))

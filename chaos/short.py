"""``make chaos``: a short run on each database whose programs are on this machine, and one with RabbitMQ."""

import sys
from dataclasses import replace

from chaos.backing import at_hand, has_broker
from chaos.options import Options
from chaos.processes import leave_tidily
from chaos.run import run


def runs(asked: Options) -> list[Options]:
    """Return what is run here."""
    databases = at_hand()
    found = [replace(asked, database=name, database_kills=int(name != "sqlite")) for name in databases]
    if has_broker() and "postgresql" in databases:
        found.append(replace(asked, database="postgresql", broker=True, broker_down=(1, 5.0)))
    return found


def main(arguments: list[str]) -> int:
    """Do them one after another."""
    is_well = True
    for options in runs(Options.parse(arguments)):
        text, was_well = run(options)
        print(text, end="\n\n", flush=True)
        is_well = is_well and was_well
    return 0 if is_well else 1


if __name__ == "__main__":
    leave_tidily()
    sys.exit(main(sys.argv[1:]))

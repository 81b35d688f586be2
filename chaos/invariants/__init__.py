"""What must be true after a run, whatever was killed."""

from pathlib import Path

from chaos.invariants import effects, money, orders, stock
from chaos.invariants.told import Told
from chaos.table import Finding


def look(ledger: Path) -> list[Finding]:
    """Hold the tables against the ledger."""
    told = Told.of(ledger)
    return [
        *orders.look(told),
        *money.look(told),
        *stock.look(told),
        *effects.look(told),
    ]

"""How figures compare."""


def change_of(present: int, *, before: int) -> float | None:
    """Return by how many per cent a figure changed; None where there was nothing before."""
    return None if before == 0 else round((present - before) * 100 / before, 1)

"""Unknown columns, kept as lists of pairs: a JSON object loses its order on some databases."""

from collections.abc import Collection, Mapping
from typing import Any

from apps.products.rules.csv_drafts import Columns

Kept = dict[str, Any]
"""``{"columns": [[name, text], ...], "pictures": [[row, name, text], ...]}``; both only when there are any."""


def columns_of(kept: Mapping[str, Any]) -> Columns:
    return tuple((str(name), str(text)) for name, text in kept.get("columns", ()))


def picture_columns_of(kept: Mapping[str, Any]) -> dict[int, Columns]:
    rows: dict[int, list[tuple[str, str]]] = {}
    for index, name, text in kept.get("pictures", ()):
        rows.setdefault(int(index), []).append((str(name), str(text)))
    return {index: tuple(pairs) for index, pairs in rows.items()}


def merged(
    kept: Mapping[str, Any],
    *,
    columns: Collection[str],
    extra: Columns,
    picture_extra: Mapping[int, Columns] | None = None,
) -> Kept:
    """Return what is kept after a file: what it has columns for comes from it, the rest stays."""
    result: Kept = {}
    if picture_extra is None:
        pictures = [list(entry) for entry in kept.get("pictures", ())]
    else:
        stay = [list(entry) for entry in kept.get("pictures", ()) if entry[1] not in columns]
        come = [[index, name, text] for index, pairs in picture_extra.items() for name, text in pairs]
        pictures = sorted(stay + come, key=lambda entry: int(entry[0]))
    before = columns_of(kept)
    after = [pair for pair in before if pair[0] not in columns] + list(extra)
    pairs = before if dict(before) == dict(after) else after
    if pairs:
        result["columns"] = [list(pair) for pair in pairs]
    if pictures:
        result["pictures"] = pictures
    return result

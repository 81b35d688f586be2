"""The one table that a run prints."""

from collections.abc import Sequence
from dataclasses import dataclass, field

REACHED = "each event reached each of its handlers"
"""An invariant that tells how many events there were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One invariant: how much was looked at, and what breaks it."""

    what: str
    counted: int
    violations: Sequence[str] = field(default_factory=tuple)


def written(title: str, findings: Sequence[Finding], *, facts: Sequence[tuple[str, object]] = ()) -> str:
    """Return the table as text."""
    width = max(len(finding.what) for finding in findings)
    lines = [title, "", f"{'invariant':<{width}}  {'looked at':>9}  {'violations':>10}", "-" * (width + 23)]
    lines += [f"{one.what:<{width}}  {one.counted:>9}  {len(one.violations):>10}" for one in findings]
    total = sum(len(one.violations) for one in findings)
    lines += ["-" * (width + 23), f"{'all':<{width}}  {sum(one.counted for one in findings):>9}  {total:>10}", ""]
    lines += [f"{name:<28} {value}" for name, value in facts]
    for one in findings:
        lines += [f"VIOLATION  {one.what}: {text}" for text in one.violations[:10]]
    return "\n".join(lines)

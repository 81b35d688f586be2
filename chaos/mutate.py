"""``make chaos-mutants``: put each bug into a copy of the product, and show what finds it."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chaos import backing
from chaos.mutants import MUTANTS, Mutant
from chaos.processes import leave_tidily
from chaos.run import outcome_of
from chaos.system import ROOT
from chaos.table import Finding

LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "node_modules", "media", "staticfiles", "__pycache__", ".*_cache")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """What became of a mutant."""

    mutant: Mutant
    by: str
    """What turned red; empty when nothing did."""
    seconds: float


def hunt(mutant: Mutant) -> Caught:
    """Run the product with the bug in it."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="saluhall-mutant-") as folder:
        root = Path(folder) / "product"
        shutil.copytree(ROOT, root, ignore=LEFT_OUT, symlinks=True)
        mutant.apply(root)
        by = _by_tests(mutant, root) if mutant.tests else _by_chaos(mutant, root)
    return Caught(mutant=mutant, by=by, seconds=time.monotonic() - began)


def _by_chaos(mutant: Mutant, root: Path) -> str:
    outcome = outcome_of(mutant.options, root=root, points=mutant.points, sql=mutant.sql)
    red = [finding for finding in outcome.findings if finding.violations and not is_slowness(finding)]
    return "; ".join(f"{finding.what} ({len(finding.violations)})" for finding in red)


def is_slowness(finding: Finding) -> bool:
    """True for what a busy machine may turn red as well, without any bug."""
    return finding.what.startswith("quiet within")


def _by_tests(mutant: Mutant, root: Path) -> str:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", mutant.tests]
    # Not those of tests that run this: their databases are theirs.
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_") and key != "DATABASE_URL"}
    with _database(mutant.tests_on, root.parent) as url:
        environment = {**kept, "DATABASE_URL": url}
        done = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=280
        )
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    return failed[0].partition("::")[2].partition(" - ")[0] if failed and done.returncode == 1 else ""


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    """Give the address of a server of our own; none is needed for SQLite."""
    server = backing.database(kind, folder)
    if server is None:
        yield ""
        return
    folder.chmod(0o755)  # PostgreSQL runs as somebody else
    backing.begin(server)
    try:
        yield server.url(server.port)
    finally:
        server.program.kill()


def chosen(turn: int, count: int = 2, *, among: Sequence[Mutant] = MUTANTS) -> list[Mutant]:
    """Return the mutants whose turn it is: every one comes in its time."""
    return [among[(turn * count + offset) % len(among)] for offset in range(count)]


def turn_of_this_commit() -> int:
    """Return a number that another commit has another one of; 0 where there is no Git."""
    git = shutil.which("git")
    if git is None:
        return 0
    done = subprocess.run([git, "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return int(done.stdout.strip() or "0", 16)


def main(arguments: list[str]) -> int:
    """Hunt all, those that are named, or those whose turn it is; print one table."""
    parser = ArgumentParser(prog="python -m chaos.mutate", description=__doc__)
    parser.add_argument("--turn", type=int, help="only the two mutants of this turn")
    parser.add_argument("names", nargs="*", help="a part of a mutant's name")
    asked = parser.parse_args(arguments)
    wanted = list(MUTANTS) if asked.turn is None else chosen(asked.turn)
    wanted = [one for one in wanted if not asked.names or any(name in one.name for name in asked.names)]
    width = max(len(one.name) for one in wanted)
    print(f"{'mutant':<{width}}  {'seconds':>7}  caught by", "-" * (width + 40), sep="\n", flush=True)
    results = []
    for mutant in wanted:
        results.append(hunt(mutant))
        print(f"{mutant.name:<{width}}  {results[-1].seconds:>7.0f}  {results[-1].by or 'NOBODY'}", flush=True)
    caught = sum(bool(one.by) for one in results)
    print(f"\n{caught} of {len(results)} caught")
    return 0 if caught == len(results) else 1


if __name__ == "__main__":
    leave_tidily()
    sys.exit(main(sys.argv[1:]))

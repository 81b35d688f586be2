"""Who is woken at night reads a sentence, not a traceback, when a database is away or has no tables yet."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.live_shop import ROOT

pytestmark = pytest.mark.once
COMMANDS = (
    ("doctor",),
    ("events", "dead"),
    ("events", "replay", "--all"),
    ("events", "refill", "--type", "orders.order_placed.v1"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("sqlite:///{folder}/empty.sqlite3", "migrations are not applied; run manage.py migrate"),
        ("sqlite:///{folder}/no/such/folder.sqlite3", "does not answer; see that its server runs"),
    ],
)
def test_a_database_that_cannot_be_read_is_named(
    tmp_path: Path, command: tuple[str, ...], address: str, said: str
) -> None:
    environment = {**os.environ, "DEBUG": "true", "DATABASE_URL": address.format(folder=tmp_path)}

    done = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert f"CommandError: The database default: {said}" in done.stderr
    assert "Traceback" not in done.stderr

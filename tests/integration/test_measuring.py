"""What measures the way of events still runs, for a moment: figures are for a quiet machine, not for a test."""

import subprocess
import sys
from pathlib import Path

import pytest

from chaos.backing import has_broker

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.once, pytest.mark.timeout(200)]

needs_broker = pytest.mark.skipif(not has_broker(), reason="RabbitMQ's programs are not on this machine")


def measured(*command: str) -> list[str]:
    """Run a command on SQLite and return what it printed; 1 says that a bar was missed, which a busy machine may."""
    done = subprocess.run(
        [sys.executable, "-m", *command, "--database", "sqlite"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=190,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout.splitlines()


@needs_broker
def test_the_relay_is_measured_beside_a_confirm_each() -> None:
    lines = measured("bench.relay", "--events", "300", "--rounds", "1")

    assert [line.split("  ")[0] for line in lines[3:7]] == [
        "relay",
        "relay, a confirm each",
        "publishing alone",
        "publishing alone, a confirm each",
    ]
    assert lines[7].startswith("relay / publishing alone, a confirm each: ")


@pytest.mark.parametrize("way", [pytest.param("--broker", marks=needs_broker), ""])
def test_the_lag_is_measured_and_no_event_is_missing(way: str) -> None:
    lines = measured("bench.lag", "--seconds", "2", "--warm-up", "1", *([way] if way else []))

    assert lines[-1].split()[:2] == ["20", "0"]


@needs_broker
def test_a_shop_whose_broker_is_away_takes_every_order_and_does_everything_afterwards() -> None:
    lines = measured("bench.broker_down", "--minutes", "0.05")

    assert [line.split()[2:4] for line in lines if line.startswith("as usual")] == [["6", "6"]]
    assert [line.split()[2:4] for line in lines if line.startswith("broker away")] == [["12", "12"]]
    assert lines[-1] == "faults: none"

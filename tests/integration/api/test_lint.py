"""Redocly CLI and Spectral read the schema, and Spectral the file about events, and find nothing."""

import os
import subprocess
from pathlib import Path

import pytest

from api.views import schema_text

pytestmark = pytest.mark.once

HERE = Path(__file__).parent
EVENTS = HERE.parents[2] / "docs" / "asyncapi.yaml"
TOOLS = HERE.parents[2] / "node_modules" / ".bin"
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "SCARF_ANALYTICS": "false"}
SPECTRAL = ("lint", "--fail-severity", "hint", "--format", "text", "--ruleset")
LINTERS = {
    "redocly": ("lint", "--config", str(HERE / "redocly.yaml"), "--max-problems", "50", "--format", "stylish"),
    "spectral": (*SPECTRAL, str(HERE / "spectral.yaml")),
}


def lint(linter: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    tool = TOOLS / linter
    if not tool.exists():
        pytest.skip(f"{linter} is not installed: run tests/tools.sh")
    return subprocess.run(
        [str(tool), *arguments], env=os.environ | QUIET, capture_output=True, text=True, timeout=90, check=False
    )


@pytest.mark.parametrize("linter", LINTERS)
def test_the_schema_satisfies(linter: str, tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_bytes(schema_text("json"))

    done = lint(linter, *LINTERS[linter], str(document))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stdout


def test_the_file_about_events_satisfies_spectral() -> None:
    done = lint("spectral", *SPECTRAL, str(HERE / "spectral_events.yaml"), str(EVENTS))

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("is: routingKey", "is: somewhere"),
        ("#/channels/orders.order_paid.v1", "#/channels/orders.order_sold.v1"),
    ],
)
def test_spectral_sees_what_is_wrong_in_a_file_about_events(right: str, wrong: str, tmp_path: Path) -> None:
    document = tmp_path / "asyncapi.yaml"
    document.write_text(EVENTS.read_text(encoding="utf-8").replace(right, wrong, 1), encoding="utf-8")

    done = lint("spectral", *SPECTRAL, str(HERE / "spectral_events.yaml"), str(document))

    assert done.returncode == 1, done.stdout + done.stderr
    assert " error " in done.stdout

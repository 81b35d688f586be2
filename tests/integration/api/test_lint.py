"""Redocly CLI and Spectral read the schema and find nothing."""

import os
import subprocess
from pathlib import Path

import pytest

from api.views import schema_text

pytestmark = pytest.mark.once

HERE = Path(__file__).parent
TOOLS = HERE.parents[2] / "node_modules" / ".bin"
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "SCARF_ANALYTICS": "false"}
LINTERS = {
    "redocly": ("lint", "--config", str(HERE / "redocly.yaml"), "--max-problems", "50", "--format", "stylish"),
    "spectral": ("lint", "--ruleset", str(HERE / "spectral.yaml"), "--fail-severity", "hint", "--format", "text"),
}


@pytest.mark.parametrize("linter", LINTERS)
def test_the_schema_satisfies(linter: str, tmp_path: Path) -> None:
    tool = TOOLS / linter
    if not tool.exists():
        pytest.skip(f"{linter} is not installed: run tests/tools.sh")
    document = tmp_path / "openapi.json"
    document.write_bytes(schema_text("json"))

    done = subprocess.run(
        [str(tool), *LINTERS[linter], str(document)],
        env=os.environ | QUIET,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stdout

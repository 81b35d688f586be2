"""Schemathesis, with every check that it has, against a running shop: as a guest and as the owner."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.integration.api.conftest import Stocked
from tests.integration.api.known_words import existing_things, with_known_words

pytestmark = [pytest.mark.once, pytest.mark.timeout(400)]

CONFIG = Path(__file__).with_name("schemathesis.toml")
SIGNED_IN = '\n[auth.openapi.sessionToken]\napi_key = "{token}"\n'


def judged(stocked: Stocked, folder: Path, *phases: str, token: str = "", knows_things: bool = True) -> None:
    """Run schemathesis; what it finds is the failure."""
    address = f"{stocked.shop.url}/api/v1/schema/?format=json"
    schema = with_known_words(requests.get(address, timeout=30).json(), stocked.ids)
    document, config = folder / "openapi.json", folder / "schemathesis.toml"
    document.write_text(json.dumps(schema), encoding="utf-8")
    told = CONFIG.read_text(encoding="utf-8") + (SIGNED_IN.format(token=token) if token else "")
    config.write_text(told + (existing_things(schema, stocked.ids) if knows_things else ""), encoding="utf-8")
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("st")), "--config-file", str(config), "run", str(document)),
            *("--url", stocked.shop.url, "--phases", ",".join(phases), "--no-color"),
        ],
        cwd=folder,
        env=os.environ | {"COLUMNS": "160"},
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert "Tested: 0" not in done.stdout
    if done.returncode:
        pytest.fail(done.stdout + done.stderr, pytrace=False)


def test_what_is_made_can_be_read_and_what_is_deleted_is_gone(stocked: Stocked, tmp_path: Path) -> None:
    token = str(stocked.shop.confirm(stocked.owner).headers["X-Session-Token"])

    judged(stocked, tmp_path, "stateful", token=token, knows_things=False)


def test_the_api_keeps_its_schema_for_the_owner(stocked: Stocked, tmp_path: Path) -> None:
    token = str(stocked.shop.confirm(stocked.owner).headers["X-Session-Token"])

    judged(stocked, tmp_path, "coverage", "fuzzing", token=token)


def test_the_api_keeps_its_schema_for_a_guest(stocked: Stocked, tmp_path: Path) -> None:
    judged(stocked, tmp_path, "fuzzing")

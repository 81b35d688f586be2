"""The Postman collection runs from top to bottom against a demo shop, by newman."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.integration.live_shop import PASSWORD, running_shop

pytestmark = [pytest.mark.once, pytest.mark.timeout(240)]

NEWMAN = Path(__file__).resolve().parents[3] / "node_modules" / ".bin" / "newman"

PROOFS = {
    "Place the order": 201,
    "Sign in as staff": 200,
    "Ship the order": 201,
    "Replace: product": 200,
    "Remove: delivery method": 204,
    "Gone: category": 404,
}
"""Steps that nothing may skip, with what they answer."""


def test_every_step_of_the_collection_succeeds(tmp_path: Path, db: None) -> None:
    if not NEWMAN.exists():
        pytest.skip("newman is not installed: run tests/tools.sh")
    report = tmp_path / "report.json"
    collection = tmp_path / "saluhall.json"

    with running_shop(tmp_path, demo=True, DEMO_PASSWORD=PASSWORD, DEBUG="true") as shop:
        collection.write_text(shop.manage("postman", "--base-url", shop.url), encoding="utf-8")
        done = subprocess.run(
            [
                *(str(NEWMAN), "run", str(collection), "--env-var", f"password={PASSWORD}"),
                *("--reporters", "cli,json", "--reporter-json-export", str(report), "--color", "off"),
            ],
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    ran = json.loads(report.read_text(encoding="utf-8"))["run"]
    answers = {one["item"]["name"]: one["response"]["code"] for one in ran["executions"] if "response" in one}
    assert (ran["stats"]["requests"]["failed"], ran["stats"]["assertions"]["failed"]) == (0, 0)
    assert {name: answers.get(name) for name in PROOFS} == PROOFS

"""The three issue forms ask for a scenario in Gherkin, and CI runs the script that a developer runs."""

from typing import Any

import pytest
import yaml

from tests.unit.architecture.tree import ROOT

FORMS = ("feature", "bug", "enhancement")


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / ".github" / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FORMS)
def test_an_issue_form_asks_for_a_scenario_in_gherkin(name: str) -> None:
    form = read(f"ISSUE_TEMPLATE/{name}.yml")

    scenarios = [field for field in form["body"] if field["attributes"].get("render") == "gherkin"]

    assert form["labels"] == [name]
    assert scenarios
    assert all("Given" in field["attributes"]["value"] for field in scenarios)
    assert all(field["validations"] == {"required": True} for field in scenarios)


def test_the_workflow_runs_what_a_developer_runs() -> None:
    steps = read("workflows/ci.yml")["jobs"]["ci"]["steps"]

    assert [step["run"] for step in steps if "run" in step] == ["bash .ci/run"]

"""Workers that all relay and all consume, by a RabbitMQ of their own, do each thing once, though they and it die."""

import pytest

from chaos.backing import at_hand, has_broker
from chaos.many_workers import outcome_of
from chaos.options import Options

KILLS = 3

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]


@pytest.mark.parametrize(
    ("events", "is_wiped"), [(400, False), (200, True)], ids=["the broker stays", "the broker loses its disk"]
)
def test_three_workers_of_which_some_are_killed_do_each_thing_once(events: int, *, is_wiped: bool) -> None:
    if not has_broker():
        pytest.skip("the programs of RabbitMQ are not on this machine")
    database = "postgresql" if "postgresql" in at_hand() else "sqlite"
    options = Options(database=database, broker=True, workers=3, kills=KILLS)

    outcome = outcome_of(options, events=events, is_wiped=is_wiped)

    assert [finding for finding in outcome.findings if finding.violations] == []
    assert dict(outcome.facts)["workers killed"] == KILLS

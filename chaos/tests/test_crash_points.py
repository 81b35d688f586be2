import pytest

from chaos.options import Options
from chaos.points import POINTS
from chaos.run import outcome_of

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]


def test_a_process_dies_once_at_every_point_and_nothing_is_lost_or_doubled() -> None:
    options = Options(database="sqlite", orders=50, buyers=8, kills=0, flaky=0, servers=1, points=1, refunds=0.35)

    outcome = outcome_of(options)

    assert [finding for finding in outcome.findings if finding.violations] == []
    assert {finding.what: finding.counted for finding in outcome.findings}["a process died at every point"] == len(
        POINTS
    )

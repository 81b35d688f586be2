"""A flood of four times what one process can do: everything is served or told to come back, and then all is as before."""

from pathlib import Path

import pytest

from bench.overload import flood
from tests.integration.live_shop import running_shop

SECONDS = 2.0


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_a_flood_is_served_or_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with running_shop(tmp_path, SERVER_THREADS="2", REQUESTS_WAITING="4") as shop:
        outcome = flood(int(shop.url.rpartition(":")[2]), seconds=SECONDS, times=4)

    assert outcome.faults == []
    assert len(outcome.refusals) > 0
    assert outcome.goodput > 0
    assert set(outcome.probes) == {200}

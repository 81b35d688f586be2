import pytest

from chaos.backing import at_hand
from chaos.options import Options
from chaos.run import outcome_of

ORDERS, KILLS = 200, 20

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_two_hundred_orders_survive_twenty_kills(database: str) -> None:
    if database not in at_hand():
        pytest.skip(f"the programs of {database} are not on this machine")

    outcome = outcome_of(Options(database=database, orders=ORDERS, buyers=8, kills=KILLS))

    kills = [count for name, count in outcome.facts if name.endswith("killed")]
    looked_at = {finding.what: finding.counted for finding in outcome.findings}
    assert [finding for finding in outcome.findings if finding.violations] == []
    assert looked_at["orders are kept as confirmed"] == ORDERS
    assert sum(map(int, map(str, kills))) == KILLS

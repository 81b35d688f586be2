"""How much lies in the broker's queues. The worker asks; whoever reads the numbers never waits for a broker."""

import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

import structlog

from kernel.events.transport import BrokerAwayError, new_transport
from kernel.metrics import Reading, watched
from kernel.periodic import every

RHYTHM_SECONDS = 30
FRESH_SECONDS = 3 * RHYTHM_SECONDS
"""What is older is not told: a number that stands still looks like one that is true."""

log = structlog.get_logger(__name__)


class _Look(NamedTuple):
    at: float
    depths: Mapping[str, int]


_looks: dict[str, _Look] = {}


@every(seconds=RHYTHM_SECONDS, is_alone=False)
def look_at_queues() -> None:
    """Ask the broker, if there is one, how many messages each queue holds."""
    transport = new_transport()
    if transport is None:
        return
    try:
        _looks["last"] = _Look(time.monotonic(), transport.depths())
    except BrokerAwayError as error:
        log.info("queues_not_seen", error=str(error)[:200])
    finally:
        transport.close()


@watched
def messages_in_queues(_now: datetime) -> Iterator[Reading]:
    """No statement: what this process saw last."""
    look = _looks.get("last")
    if look is None or time.monotonic() - look.at > FRESH_SECONDS:
        return
    for queue, depth in look.depths.items():
        yield Reading("broker_messages", "Messages that wait in a queue of the broker.", depth, {"queue": queue})

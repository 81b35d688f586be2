"""What starts programs gives each its own port."""

from pathlib import Path

import pytest

from chaos.processes import free_port

pytestmark = pytest.mark.once


def test_a_port_for_a_program_is_none_that_the_system_gives_to_connections_meanwhile() -> None:
    first_given = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])

    assert max(free_port() for _ in range(200)) < first_given

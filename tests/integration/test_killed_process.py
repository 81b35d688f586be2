"""The whole server is killed without warning: what was promised is kept when it stands up again."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import requests
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from chaos.processes import free_port
from integrations.broker.tests.conftest import URL as BROKER_URL
from integrations.broker.tests.conftest import forget_topology
from tests.integration.live_shop import LiveShop, Server, environment_of, own_database

ADDRESS = {"name": "Ada Buyer", "line1": "Market Street 1", "postcode": "00100", "city": "Helsinki", "country": "FI"}
ORDERS = 5
WAIT_SECONDS = 150
"""What the killed worker had in hand is free again after the relay's lease and the sender's."""

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]


@pytest.fixture
def broker_environment() -> Iterator[dict[str, str]]:
    """Tell a shop of RabbitMQ, under a name of this test's own that goes with it."""
    prefix = f"test-{uuid4().hex[:8]}"
    try:
        connection = Connection(BROKER_URL, connect_timeout=3)
        connection.connect()
    except (OSError, OperationalError) as error:
        pytest.skip(f"RabbitMQ does not answer: {error}")
    yield {"BROKER_URL": BROKER_URL, "BROKER_PREFIX": prefix}
    forget_topology(connection, prefix)
    connection.release()


def _order(shop: LiveShop, key: str) -> tuple[requests.Session, dict[str, object]]:
    guest = requests.Session()
    cart = guest.post(f"{shop.url}/api/v1/carts/", json={}, timeout=30).json()
    guest.headers.update({"X-Cart-Token": cart["token"], "Idempotency-Key": key})
    guest.post(f"{shop.url}/api/v1/carts/{cart['id']}/lines/", json={"sku": "LAMP", "quantity": 1}, timeout=30)
    return guest, {"cart": cart["id"], "email": f"{key}@example.com", "shipping_address": ADDRESS}


def _mails(folder: Path) -> str:
    return "".join(file.read_text() for file in (folder / "mail").glob("*"))


@pytest.mark.parametrize("by_broker", [False, True], ids=["alone", "with RabbitMQ"])
@pytest.mark.django_db(transaction=True)
def test_a_server_that_is_killed_after_an_order_still_sends_its_mail_and_repeats_its_answer(
    tmp_path: Path, request: pytest.FixtureRequest, *, by_broker: bool
) -> None:
    broker = request.getfixturevalue("broker_environment") if by_broker else {}
    with own_database(tmp_path) as database_url:
        environment = environment_of(tmp_path, database_url, port=free_port()) | broker
        server = Server(folder=tmp_path, environment=environment)
        try:
            shop = server.start()
            staff = shop.staff()
            shop.sell(sku="LAMP", price="89.00", on_hand=ORDERS, staff=staff)
            wishes = {key: _order(shop, key) for key in (uuid4().hex for _ in range(ORDERS))}
            address = f"{shop.url}/api/v1/orders/"
            placed = {key: guest.post(address, json=order, timeout=30) for key, (guest, order) in wishes.items()}
            server.stop(signal.SIGKILL)

            server.start()
            repeated = {key: guest.post(address, json=order, timeout=30) for key, (guest, order) in wishes.items()}
            end = time.monotonic() + WAIT_SECONDS
            while time.monotonic() < end and not all(f"To: {key}@" in _mails(tmp_path) for key in placed):
                time.sleep(0.2)

            assert {answer.status_code for answer in placed.values()} == {201}
            assert {key: answer.content for key, answer in repeated.items()} == {
                key: answer.content for key, answer in placed.items()
            }
            assert [key for key in placed if f"To: {key}@" not in _mails(tmp_path)] == []
            stock = staff.get(f"{shop.url}/api/v1/stock/LAMP/", timeout=30).json()
            assert (stock["on_hand"], stock["reserved"]) == (0, 0)
        finally:
            server.stop()

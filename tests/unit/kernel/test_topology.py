"""One name does everything: app label = URL prefix = database alias."""

from types import SimpleNamespace

import pytest

from kernel import topology
from kernel.models import OutboxRow
from kernel.router import ServiceRouter
from kernel.topology import SERVICES, database_of, local_databases, service_of


def keep_in(monkeypatch: pytest.MonkeyPatch, *aliases: str) -> None:
    monkeypatch.setattr(topology, "settings", SimpleNamespace(SERVICES=SERVICES, DATABASES=dict.fromkeys(aliases)))


def test_every_service_shares_the_one_database_by_default() -> None:
    assert local_databases() == ("default",)
    assert database_of("orders") == database_of("default") == "default"


def test_a_service_with_an_address_of_its_own_keeps_its_tables_there(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_in(monkeypatch, "default", "orders")
    router = ServiceRouter()

    assert local_databases() == ("default", "orders")
    assert router.allow_migrate("orders", "orders")
    assert not router.allow_migrate("default", "orders")
    assert router.allow_migrate("default", "sessions")
    assert router.allow_migrate("orders", "kernel")
    assert router.db_for_read(OutboxRow) is None


def test_what_belongs_to_no_service_lives_where_tables_are(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_in(monkeypatch, "default", *SERVICES)

    assert database_of("default") == "users"


def test_a_module_tells_its_service() -> None:
    assert service_of("apps.orders.services.refunds") == "orders"
    assert service_of("kernel.retention") == "default"

"""Fixtures for every package: a stopped clock, people, events, statements counted; and skips that CI does not forgive."""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.cache import caches
from django.db import connections
from django.test.utils import CaptureQueriesContext

from kernel.codec import decode
from kernel.events.actions import ActionRecorded
from kernel.events.base import Event
from kernel.events.envelope import event_class
from kernel.topology import database_of, local_services
from tests import emptying

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PASSWORD = "correct-horse-battery-1"
ONLY_ON_ONE_DATABASE = (
    "apps/orders/tests/test_rules.py",
    "apps/orders/tests/test_states.py",
    "apps/orders/tests/test_totals.py",
    "apps/products/tests/test_import_reading.py",
    "apps/products/tests/test_rules.py",
    "apps/users/tests/test_rules.py",
    "integrations/authentication/tests/test_allauth_internals.py",
    "integrations/authentication/tests/test_bad_tokens.py",
    "integrations/authentication/tests/test_lock_out.py",
    "integrations/authentication/tests/test_passkeys.py",
    "integrations/authentication/tests/test_passwords.py",
    "integrations/authentication/tests/test_provider_discovery.py",
    "integrations/authentication/tests/test_provider_garbage.py",
    "integrations/authentication/tests/test_social_settings.py",
    "integrations/authentication/tests/test_staff_without_second_factor.py",
    "integrations/authentication/tests/test_stateless.py",
    "tests/browser/",
    "tests/integration/api/test_scopes.py",
    "tests/integration/hardening/",
    "tests/integration/sign_in/",
    "tests/integration/test_escalation.py",
    "tests/integration/test_one_time_codes_on_workers.py",
    "tests/integration/test_rights_matrix.py",
    "tests/unit/architecture/",
    "tests/unit/docs/",
)
NO_DATA = re.compile(r"^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET|PRAGMA|SHOW|SELECT @@)", re.IGNORECASE)


def pytest_sessionstart() -> None:
    """Let tests that commit end fast."""
    emptying.install()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what lives in a folder whose subject is not the database."""
    root = config.rootpath
    for item in items:
        if Path(item.path).relative_to(root).as_posix().startswith(ONLY_ON_ONE_DATABASE):
            item.add_marker("once")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
    """Turn a skip into a failure where CI=true: what is not run there is not proven anywhere."""
    return forgive_no_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[Any]:
    """Do the same for a whole module that skips itself."""
    return forgive_no_skip((yield))


def forgive_no_skip(report: Any) -> Any:
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> Iterator[None]:
    """Empty every cache after a test."""
    from apps.orders.selectors.shop import forget_shop

    forget_shop()
    yield
    forget_shop()
    for cache in caches.all(initialized_only=True):
        cache.clear()


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Stop the one clock at NOON."""
    monkeypatch.setattr("kernel.clock.now", lambda: NOON)
    return NOON


@pytest.fixture
def stop_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Return a function that sets the one clock to a moment, as often as wanted."""

    def stop(moment: datetime) -> None:
        monkeypatch.setattr("kernel.clock.now", lambda: moment)

    return stop


def sign_in_afresh(client: Any, user: Any) -> Any:
    """Let a test client's browser belong to somebody who has just shown again who he is; return the client."""
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


@pytest.fixture
def api() -> Any:
    """Return a DRF client that nobody has signed in."""
    from rest_framework.test import APIClient

    return APIClient()


@pytest.fixture
def make_user(db: None) -> Callable[..., Any]:
    """Return a function that makes an account: ``make_user(email, is_staff=True)``."""
    from django.contrib.auth import get_user_model

    def make(email: str, **values: Any) -> Any:
        user = get_user_model()(email=email, name=email.partition("@")[0].title(), **values)
        user.set_password(PASSWORD)
        user.save()
        return user

    return make


@pytest.fixture
def shopper(make_user: Callable[..., Any]) -> Any:
    """Return a regular user."""
    return make_user("shopper@example.com")


@pytest.fixture
def other_shopper(make_user: Callable[..., Any]) -> Any:
    """Return a second regular user, from whom everything must be hidden."""
    return make_user("other@example.com")


@pytest.fixture
def staff(make_user: Callable[..., Any]) -> Any:
    """Return an admin: staff, but not a super user."""
    return make_user("admin@example.com", is_staff=True)


@pytest.fixture
def super_user(make_user: Callable[..., Any]) -> Any:
    """Return a super user."""
    return make_user("super@example.com", is_staff=True, is_superuser=True)


@pytest.fixture
def published(db: None) -> Callable[[], list[Event]]:
    """Return a function that lists the events which wait in the outbox, oldest first; not those for the audit log."""
    return lambda: [event for event in _waiting() if not isinstance(event, ActionRecorded)]


@pytest.fixture
def recorded(db: None) -> Callable[[], list[ActionRecorded]]:
    """Return a function that lists what waits in the outbox for the audit log, oldest first."""
    return lambda: [event for event in _waiting() if isinstance(event, ActionRecorded)]


def _waiting() -> list[Event]:
    from kernel.models import OutboxRow

    aliases = {database_of(service): None for service in local_services()}
    rows = [row for alias in aliases for row in OutboxRow.objects.using(alias).order_by("id")]
    return [decode(event_class(row.type), orjson.loads(row.body)) for row in rows]


@dataclass
class Statements:
    """The data statements that ran inside a ``with statements() as ran`` block."""

    sql: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.sql)

    def __str__(self) -> str:
        return "\n".join(self.sql)


@pytest.fixture
def statements(db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[], AbstractContextManager[Statements]]:
    """Return a context manager that counts data statements: no BEGIN, COMMIT, SAVEPOINT or RELEASE."""
    monkeypatch.setattr("apps.orders.selectors.shop.MEMO_SECONDS", 3600.0)  # a slow machine would read it once more

    @contextmanager
    def count(*aliases: str) -> Iterator[Statements]:
        ran = Statements()
        captures = [CaptureQueriesContext(connections[alias]) for alias in aliases or ("default",)]
        for capture in captures:
            capture.__enter__()
        try:
            yield ran
        finally:
            for capture in captures:
                capture.__exit__(None, None, None)
                ran.sql += [row["sql"] for row in capture.captured_queries if not NO_DATA.match(row["sql"])]

    return count

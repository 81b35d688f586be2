"""The documents of the settings are true, and an unsafe production start is refused with a sentence."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import OperationalError

from kernel import checks
from kernel.databases import database
from kernel.management.commands import up
from kernel.management.commands.settings import as_env_example, as_markdown

ROOT = Path(__file__).resolve().parents[3]


def test_the_example_of_the_environment_is_what_the_settings_declare() -> None:
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == as_env_example(), "run: make docs"


def test_the_page_of_the_configuration_is_what_the_settings_declare() -> None:
    assert (ROOT / "docs/configuration.md").read_text(encoding="utf-8") == as_markdown(), "run: make docs"


def test_the_example_holds_no_secret() -> None:
    lines = as_env_example().splitlines()

    assert [line for line in lines if "SECRET_KEY=" in line or "PASSWORD=" in line] == [
        "# SECRET_KEY=",
        "# DEMO_PASSWORD=",
        "# STRIPE_SECRET_KEY=",
    ]


def found() -> list[str]:
    return [message.id or "" for check in (checks.secret_is_kept, checks.production_is_safe) for message in check(None)]


def test_a_safe_production_start_is_allowed(settings: Any) -> None:
    settings.SECRET_KEY_IS_KEPT = True

    assert found() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"SECRET_KEY_IS_KEPT": False}, "saluhall.E001"),
        ({"WEB_CONCURRENCY": 2, "CACHE_URL": "locmem://"}, "saluhall.E002"),
        ({"DATABASES": {"default": database("postgres://u@db.example.com/shop", base_dir=ROOT)}}, "saluhall.E003"),
        ({"ALLOWED_HOSTS": []}, "saluhall.E004"),
        ({"SECRET_KEY": "short"}, "saluhall.E005"),
    ],
)
@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_an_unsafe_production_start_is_refused(settings: Any, changes: dict[str, Any], code: str) -> None:
    settings.SECRET_KEY_IS_KEPT = True
    for name, value in changes.items():
        setattr(settings, name, value)

    assert found() == [code]


def test_development_may_be_unsafe(settings: Any) -> None:
    settings.DEBUG = True
    settings.WEB_CONCURRENCY = 2

    assert list(checks.production_is_safe(None)) == []


def test_a_service_can_refuse_a_production_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "refusals", [lambda: "Demo users are still here.", lambda: ""])

    assert [message.msg for message in checks.services_agree(None)] == ["Demo users are still here."]


def test_a_database_without_tables_can_be_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusal() -> str:
        raise OperationalError("no such table: users_user")

    monkeypatch.setattr(checks, "refusals", [refusal])

    assert list(checks.services_agree(None)) == []


def test_the_demo_shop_stays_out_of_production(settings: Any) -> None:
    settings.SECRET_KEY_IS_KEPT = True

    with pytest.raises(CommandError, match="is for development"):
        call_command("up", "--demo")


@pytest.mark.django_db
def test_links_in_mails_lead_to_the_port_that_is_bound(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    started: list[tuple[str, str]] = []
    settings.DEBUG = True
    monkeypatch.setenv("PORT", "8000")
    monkeypatch.setattr(up, "local_databases", list)
    monkeypatch.setattr(up.connections, "close_all", lambda: None)
    monkeypatch.setattr(up.os, "chdir", lambda _path: None)
    monkeypatch.setattr(up.os, "execv", lambda _file, words: started.append((words[-1], os.environ["PORT"])))

    call_command("up", "--bind", "127.0.0.1:8123")

    assert started == [("127.0.0.1:8123", "8123")]


@pytest.mark.django_db
def test_a_server_that_is_not_safe_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "refusals", [lambda: "Demo users are still here."])

    with pytest.raises(ImproperlyConfigured, match="Demo users are still here"):
        checks.refuse_unsafe_start()

"""The first super user, the demo users, and old sessions."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client

from apps.users.models import AuditEntry, User
from apps.users.services.demo import DEMO_EMAILS, demo_users_in_production, ensure_demo_users
from apps.users.services.sessions import forget_expired_sessions
from kernel import clock
from tests.fixtures import NOON, PASSWORD

pytestmark = pytest.mark.django_db
EMAIL = "Boss@example.com"


def test_the_first_super_user_signs_in_at_once(client: Client, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}\n")

    call_command("create_super_user", email=EMAIL, name="Boss", password_file=str(secret))

    user = User.objects.get(email="boss@example.com")
    assert (user.role, user.verified_at is not None) == ("super_user", True)
    answer = client.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    assert answer["Location"] == "/dashboard/"
    assert client.get("/admin/").status_code == 200


def test_a_super_user_who_is_made_by_command_is_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", PASSWORD)

    call_command("create_super_user", email=EMAIL)

    entry = AuditEntry.objects.get(action="account_made")
    assert (entry.subject_id, entry.actor_role) == (str(User.objects.get().id), "system")
    assert json.loads(entry.after) == {"email": "boss@example.com", "role": "super_user"}


def test_a_password_that_is_changed_at_the_keyboard_of_the_server_is_on_record(
    monkeypatch: pytest.MonkeyPatch, shopper: User
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda **_: f"another {PASSWORD}")

    call_command("changepassword", shopper.email)

    assert User.objects.get().check_password(f"another {PASSWORD}")
    entry = AuditEntry.objects.get(action="password_set")
    assert (entry.subject_id, entry.actor_role) == (str(shopper.id), "system")


def test_djangos_own_command_for_a_super_user_names_ours() -> None:
    with pytest.raises(CommandError, match="create_super_user"):
        call_command("createsuperuser")


def test_the_password_is_typed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter([PASSWORD, "another-one", PASSWORD, PASSWORD])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)

    with pytest.raises(CommandError, match="The passwords differ"):
        call_command("create_super_user", email=EMAIL)
    call_command("create_super_user", email=EMAIL)

    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    ("email", "password", "words"),
    [
        ("boss", PASSWORD, "is not an e-mail address"),
        (EMAIL, "12345678", "too common"),
        (EMAIL, "short", "at least 8 characters"),
        ("taken@example.com", PASSWORD, "An account with this e-mail address exists"),
        (EMAIL, "", "There is no terminal to ask"),
    ],
)
def test_a_bad_first_super_user_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, make_user: Any, email: str, password: str, words: str
) -> None:
    make_user("taken@example.com")
    monkeypatch.setenv("PASSWORD", password)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)

    with pytest.raises(CommandError, match=words):
        call_command("create_super_user", email=email)

    assert User.objects.count() == 1


def test_a_password_file_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandError, match="/nowhere cannot be read"):
        call_command("create_super_user", email=EMAIL, password_file="/nowhere")


def test_the_demo_users_exist_once_and_can_sign_in(client: Client) -> None:
    ensure_demo_users(password=PASSWORD, now=NOON)
    ensure_demo_users(password="another-password-2", now=NOON)

    assert sorted((user.email, user.role) for user in User.objects.all()) == [
        ("admin@example.com", "admin"),
        ("other@example.com", "regular"),
        ("shopper@example.com", "regular"),
        ("super@example.com", "super_user"),
    ]
    assert EmailAddress.objects.filter(verified=True, primary=True).count() == 4
    assert User.objects.get(email="shopper@example.com").addresses.count() == 1
    answer = client.post("/accounts/login/", {"login": "admin@example.com", "password": "another-password-2"})
    assert answer["Location"] == "/dashboard/"


def test_a_production_start_with_demo_users_is_refused() -> None:
    assert demo_users_in_production() == ""
    ensure_demo_users(password=PASSWORD, now=NOON)

    assert "admin@example.com, other@example.com" in demo_users_in_production()

    User.objects.filter(email__in=DEMO_EMAILS).update(is_active=False)
    assert demo_users_in_production() == ""


def test_expired_sessions_are_swept_away(client: Client, shopper: User) -> None:
    client.force_login(shopper)
    Session.objects.update(expire_date=clock.now() - timedelta(seconds=1))
    client.force_login(shopper)

    forget_expired_sessions()

    assert Session.objects.count() == 1


def test_the_demo_command_prints_a_password_that_it_had_to_make_up(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEMO_PASSWORD = ""
    call_command("demo_users")
    printed = capsys.readouterr().out

    assert User.objects.get(email="super@example.com").check_password(printed.split()[-1].rstrip("."))

    settings.DEMO_PASSWORD = PASSWORD
    call_command("demo_users")
    assert capsys.readouterr().out == ""
    assert User.objects.get(email="super@example.com").check_password(PASSWORD)

"""How passwords are kept, how long they may be, and the list of those that leaked."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import get_default_password_validators, validate_password
from django.core.exceptions import ValidationError
from django.test import Client, override_settings
from structlog.testing import capture_logs

from apps.users.services.accounts import create_user_by_staff
from chaos.processes import free_port
from integrations.authentication import breached
from integrations.authentication.backends import GuardedBackend
from integrations.authentication.hashers import LONGEST, OwaspArgon2PasswordHasher
from kernel.actors import Actor
from kernel.http.deadlines import EndingSession
from kernel.topology import database_of
from kernel.transactions import is_outside
from tests.fixtures import NOON, PASSWORD

HASHER = "integrations.authentication.hashers.OwaspArgon2PasswordHasher"
YESTERDAYS = "integrations.authentication.tests.test_passwords.YesterdaysHasher"
LEAKED = "correct-horse-battery-staple"


class YesterdaysHasher(OwaspArgon2PasswordHasher):
    """The same with the figures of a year ago."""

    memory_cost = 9216


def test_a_password_is_kept_with_the_figures_of_owasp() -> None:
    with override_settings(PASSWORD_HASHERS=[HASHER]):
        kept = make_password("correct-horse")

        assert kept.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
        assert check_password("correct-horse", kept)
        assert not check_password("wrong-horse", kept)


def test_a_sign_in_renews_a_hash_whose_figures_are_old(client: Client, make_user: Any) -> None:
    with override_settings(PASSWORD_HASHERS=[YESTERDAYS]):
        user = make_user("shopper@example.com")
        assert "m=9216," in user.password

    with override_settings(PASSWORD_HASHERS=[HASHER]):
        client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})

    user.refresh_from_db()
    assert user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    "password",
    [
        "twelve-chars",
        "a sentence with spaces, as long as people like to type it",
        "lösenord på svenska ✓ 雪",
        "w0rd " * 25 + "end",
        "x1 " * 333 + "y",
    ],
    ids=["short", "spaces", "unicode", "128 characters", "1000 characters"],
)
def test_a_long_password_with_any_character_is_taken_whole(client: Client, make_user: Any, password: str) -> None:
    user = make_user("shopper@example.com")

    validate_password(password, user)
    user.set_password(password)
    user.save()

    assert check_password(password, user.password)
    assert not check_password(password[:-1], user.password)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short-7", "password_too_short"),
        ("password1", "password_too_common"),
        ("48151623421", "password_entirely_numeric"),
        ("shopper-example", "password_too_similar"),
        ("x1" * 501, "password_too_long"),
    ],
)
def test_a_bad_password_is_refused_with_the_reason(make_user: Any, password: str, code: str) -> None:
    user = make_user("shopper-example@example.com")

    with pytest.raises(ValidationError) as refused:
        validate_password(password, user)

    assert code in [error.code for error in refused.value.error_list]


@pytest.mark.parametrize("email", ["shopper@example.com", "nobody@example.com"])
def test_a_book_as_a_password_is_refused_before_it_is_hashed(
    make_user: Any, monkeypatch: pytest.MonkeyPatch, email: str
) -> None:
    make_user("shopper@example.com")
    hashed: list[str] = []
    monkeypatch.setattr("django.contrib.auth.hashers.MD5PasswordHasher.encode", lambda *given: hashed.append(given[1]))

    assert GuardedBackend().authenticate(None, email=email, password="x" * (LONGEST + 1)) is None

    assert hashed == []


@dataclass
class BreachList:
    """A list of leaked passwords on a port of its own, and what it was asked."""

    url: str = ""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    answer: tuple[int, str] = (200, "")


@pytest.fixture
def breach_list() -> Iterator[BreachList]:
    listed = BreachList()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            listed.asked.append((self.path, self.headers["Add-Padding"]))
            status, body = listed.answer
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_given: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    listed.url = f"http://127.0.0.1:{server.server_port}/range/"
    with override_settings(PASSWORD_BREACH_URL=listed.url):
        yield listed
    server.shutdown()
    thread.join()


def digest_of(password: str) -> str:
    return sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


def leaked_lines(password: str, *, times: int) -> str:
    return f"{'0' * 35}:7\r\n{digest_of(password)[5:]}:{times}\r\n{'F' * 35}:0"


def test_a_password_that_leaked_is_refused(breach_list: BreachList) -> None:
    breach_list.answer = (200, leaked_lines(LEAKED, times=216))

    with pytest.raises(ValidationError) as refused:
        validate_password(LEAKED)

    assert [error.code for error in refused.value.error_list] == ["password_breached"]


def test_only_five_characters_of_the_digest_leave_the_house(breach_list: BreachList) -> None:
    validate_password(LEAKED)

    assert breach_list.asked == [(f"/range/{digest_of(LEAKED)[:5]}", "true")]


@pytest.mark.parametrize(
    "answer",
    [
        (200, ""),
        (200, leaked_lines("another-password", times=3)),
        (200, leaked_lines(LEAKED, times=0)),
        (200, "<html>no list</html>"),
    ],
    ids=["nothing", "others", "padding", "no list"],
)
def test_a_password_that_did_not_leak_is_taken(breach_list: BreachList, answer: tuple[int, str]) -> None:
    breach_list.answer = answer

    validate_password(LEAKED)

    assert len(breach_list.asked) == 1


@pytest.mark.parametrize("status", [302, 404, 429, 503])
def test_a_list_that_has_trouble_stops_nobody_and_is_logged(breach_list: BreachList, status: int) -> None:
    breach_list.answer = (status, leaked_lines(LEAKED, times=216))

    with capture_logs() as logs:
        validate_password(LEAKED)

    assert len(breach_list.asked) == 1
    assert [line["event"] for line in logs] == ["breached_passwords_unreachable"]


def test_a_list_that_is_away_stops_nobody_and_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breached, "TIMEOUT", 0.5)

    with override_settings(PASSWORD_BREACH_URL=f"http://127.0.0.1:{free_port()}/range/"), capture_logs() as logs:
        validate_password(LEAKED)

    assert [line["event"] for line in logs] == ["breached_passwords_unreachable"]


def test_nobody_is_asked_unless_the_setting_names_a_list(breach_list: BreachList) -> None:
    breach_list.answer = (200, leaked_lines(LEAKED, times=216))

    with override_settings(PASSWORD_BREACH_URL=""):
        validate_password(LEAKED)

    assert breach_list.asked == []
    assert "breached.BreachedPasswordValidator" in str(get_default_password_validators())


@pytest.mark.django_db
def test_the_list_is_asked_before_the_transaction_and_not_inside(
    breach_list: BreachList, staff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    get, inside = EndingSession.get, []

    def watched(*given: Any, **named: Any) -> requests.Response:
        inside.append(not is_outside(database_of("users")))
        return get(*given, **named)

    monkeypatch.setattr(EndingSession, "get", watched)
    actor = Actor(id=staff.id, role=staff.role)

    create_user_by_staff(email="ann@example.com", password=LEAKED, actor=actor, now=NOON)

    assert (len(breach_list.asked), inside) == (1, [False])

"""Credentials that open nothing are counted, and what ends or begins for programs and sessions is on record."""

import base64
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from rest_framework.test import APIClient

from apps.users.models import AuditEntry, User
from integrations.authentication.tests.authenticator_app import begin_sign_in, give_code, set_up_app
from integrations.authentication.tests.programs import connect, connect_machine
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db
ME = "/api/v1/users/me/"


@pytest.fixture
def ann(make_user: Any) -> User:
    user: User = make_user("ann@example.com", verified_at="2026-06-01T12:00:00Z")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def signed_in_app() -> dict[str, str]:
    body = {"email": "ann@example.com", "password": PASSWORD}
    answer = Client().post("/_allauth/app/v1/auth/login", body, content_type="application/json")
    meta: dict[str, str] = answer.json()["meta"]
    return meta


def entries(action: str) -> list[tuple[str, int]]:
    return list(AuditEntry.objects.filter(action=action).values_list("subject_id", "count"))


@pytest.mark.parametrize(
    ("header", "value", "what"),
    [
        ("Authorization", "Bearer a.b.c", "invalid_token"),
        ("Authorization", "Bearer saluhall_pat_" + "x" * 43, "invalid_token"),
        ("X-Session-Token", "y" * 32, "session"),
    ],
)
def test_a_token_that_opens_nothing_is_counted_and_not_kept(api: APIClient, header: str, value: str, what: str) -> None:
    for _ in range(3):
        assert api.get(ME, headers={header: value}).status_code == 401

    assert entries("token_refused") == [(what, 3)]
    assert value.rsplit(maxsplit=1)[-1] not in str(AuditEntry.objects.values_list())


@pytest.mark.parametrize(
    ("address", "headers", "what"),
    [
        ("/_allauth/app/v1/auth/session", {"X-Session-Token": "y" * 32}, "session"),
        ("/_allauth/app/v1/auth/session", {"Authorization": "Bearer a.b.c"}, "invalid_token"),
        ("/identity/o/api/userinfo", {"Authorization": "Bearer a.b.c"}, "invalid_token"),
    ],
)
def test_so_it_is_at_the_sign_in_api_and_at_the_oauth_server(address: str, headers: dict[str, str], what: str) -> None:
    for _ in range(3):
        assert Client().get(address, headers=headers).status_code in {401, 410}

    assert entries("token_refused") == [(what, 3)]


def test_a_refresh_token_that_is_none_is_counted() -> None:
    body = {"refresh_token": "a.b.c"}

    assert Client().post("/_allauth/app/v1/tokens/refresh", body, content_type="application/json").status_code == 400
    assert entries("token_refused") == [("refresh", 1)]


def test_programs_that_sign_in_for_themselves_and_those_who_guess_at_their_secrets_are_on_record() -> None:
    program = connect_machine(scopes=("orders:read",))

    for _ in range(2):
        assert program.post(grant_type="client_credentials").status_code == 200
    program.secret = "a guess"
    for _ in range(3):
        assert program.post(grant_type="client_credentials").status_code == 401

    assert entries("program_signed_in") == [(program.id, 2)]
    assert entries("program_refused") == [(program.id, 3)]


def test_a_code_and_a_refresh_token_of_a_program_that_come_back_are_on_record(client: Client, shopper: User) -> None:
    client.force_login(shopper)
    program = connect(client)
    code = program.code()
    given = program.exchange(code).json()
    for _ in range(2):
        program.refresh(given["refresh_token"])
    program.exchange(code)

    told = AuditEntry.objects.filter(action="refresh_token_reused", actor_id=shopper.id).order_by("id")
    assert [(entry.subject_kind, entry.subject_id) for entry in told] == [("program", program.id)] * 2
    assert {entry.after for entry in told} == {'{"kind": "code"}', '{"kind": "refresh token"}'}


def test_a_second_step_that_is_closed_is_on_record(shopper: User) -> None:
    set_up_app(shopper)
    token = begin_sign_in(APIClient(), shopper.email, PASSWORD)

    for _ in range(7):
        give_code(APIClient(), token, "000000")

    entry = AuditEntry.objects.get(action="locked_out")
    assert (entry.actor_label, entry.count) == (shopper.email, 2)


def test_a_wrong_password_by_basic_is_counted_like_one_on_the_page(api: APIClient, ann: User) -> None:
    wrong = base64.b64encode(b"ann@example.com:not-it").decode()

    for _ in range(7):
        api.get(ME, headers={"Authorization": f"Basic {wrong}"})

    failed = AuditEntry.objects.get(action="sign_in_failed")
    assert (failed.actor_label, failed.count) == ("ann@example.com", 5)
    assert AuditEntry.objects.get(action="locked_out").count == 2
    assert "not-it" not in str(AuditEntry.objects.values_list())


def test_a_refresh_token_that_comes_back_is_on_record(ann: User) -> None:
    old = {"refresh_token": signed_in_app()["refresh_token"]}
    for _ in range(2):
        Client().post("/_allauth/app/v1/tokens/refresh", old, content_type="application/json")

    entry = AuditEntry.objects.get(action="refresh_token_reused")
    assert (entry.actor_id, entry.actor_label) == (ann.id, "ann@example.com")


def test_a_session_that_is_ended_from_the_list_is_on_record(ann: User) -> None:
    signed_in_app()
    token = signed_in_app()["session_token"]
    app = APIClient(headers={"X-Session-Token": token})
    listed = app.get("/_allauth/app/v1/auth/sessions").json()["data"]
    other = next(one["id"] for one in listed if not one["is_current"])

    app.delete("/_allauth/app/v1/auth/sessions", {"sessions": [other]}, format="json")

    entry = AuditEntry.objects.get(action="session_revoked")
    assert (entry.actor_label, entry.subject_kind, entry.subject_id) == ("ann@example.com", "session", str(other))

"""E-mail address and password with every request."""

from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from rest_framework.test import APIClient

from apps.users.models import User
from apps.users.services.accounts import end_sessions
from apps.users.services.tokens import create_token, revoke_token
from integrations.authentication.tests.conftest import APP, ME, basic
from kernel import clock
from kernel.actors import Actor
from tests.fixtures import NOON, PASSWORD

pytestmark = pytest.mark.django_db
Prove = Callable[[User], User]
WRONG = "not-the-pass-phrase"


def enrol(user: User) -> None:
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})


def changed_to(**values: Any) -> Callable[[User], object]:
    return lambda user: User.objects.get_queryset().filter(id=user.id).update(**values)


def assert_refused(answer: Any, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="api", charset="UTF-8"'


def test_a_password_opens_the_api(api: APIClient, proven: User) -> None:
    answer = api.get(ME, headers=basic(proven.email.upper(), PASSWORD))

    assert (answer.status_code, answer.json()["email"]) == (200, proven.email)


def test_a_second_request_hashes_nothing_and_costs_one_statement(
    api: APIClient, proven: User, hashed: list[str], statements: Any
) -> None:
    hashed.clear()
    api.get(ME, headers=basic(proven.email, PASSWORD))
    assert len(hashed) == 1

    with statements() as ran:
        assert api.get(ME, headers=basic(proven.email, PASSWORD)).status_code == 200

    assert len(hashed) == 1
    assert len(ran) == 1, ran


def test_other_ways_in_hash_nothing(api: APIClient, sign_in: Any, shopper: User, hashed: list[str]) -> None:
    tokens = sign_in(shopper)
    made = create_token(name="t", scopes=["account:read"], actor=Actor(id=shopper.id), now=clock.now())
    hashed.clear()

    for header in (
        {"Authorization": f"Bearer {tokens.access}"},
        {"Authorization": f"Bearer {made.text}"},
        {"X-Session-Token": tokens.session_token},
        basic(shopper.email, made.text),
    ):
        assert api.get(ME, headers=header).status_code == 200
    assert api.post(f"{APP}/tokens/refresh", {"refresh_token": tokens.refresh}).status_code == 200

    assert hashed == []


def new_password(user: User) -> None:
    user.set_password("another-good-horse-2")
    user.save()


CHANGES: list[tuple[str, Callable[[User], object]]] = [
    ("invalid_credentials", new_password),
    ("invalid_credentials", changed_to(is_active=False)),
    ("invalid_credentials", changed_to(email="moved@example.com")),
    ("access_token_required", enrol),
    ("access_token_required", changed_to(phone_verified_at=NOON)),
    ("access_token_required", changed_to(is_staff=True)),
    ("access_token_required", changed_to(granted_rights="orders")),
    ("invalid_credentials", changed_to(verified_at=None)),
]


@pytest.mark.parametrize(("code", "change"), CHANGES)
def test_what_was_right_is_forgotten_with_every_change_of_the_account(
    api: APIClient, proven: User, code: str, change: Callable[[User], object]
) -> None:
    assert api.get(ME, headers=basic(proven.email, PASSWORD)).status_code == 200

    change(proven)

    assert_refused(api.get(ME, headers=basic("shopper@example.com", PASSWORD)), code)


def test_signing_out_everywhere_makes_the_next_request_hash_again(
    api: APIClient, proven: User, hashed: list[str]
) -> None:
    api.get(ME, headers=basic(proven.email, PASSWORD))
    hashed.clear()

    end_sessions(user_id=proven.id, actor=Actor(id=proven.id), now=NOON)

    assert api.get(ME, headers=basic(proven.email, PASSWORD)).status_code == 200
    assert len(hashed) == 1


def test_a_person_with_a_second_factor_uses_a_token_as_the_password(api: APIClient, proven: User) -> None:
    made = create_token(name="till", scopes=["account:read"], actor=Actor(id=proven.id), now=clock.now())
    enrol(proven)

    refused = api.get(ME, headers=basic(proven.email, PASSWORD))

    assert_refused(refused, "access_token_required")
    assert "personal access token" in refused.json()["detail"]
    assert api.get(ME, headers=basic(proven.email, made.text)).status_code == 200


def test_staff_uses_a_token_as_the_password(api: APIClient, staff: User, prove: Prove) -> None:
    prove(staff)

    assert_refused(api.get(ME, headers=basic(staff.email, PASSWORD)), "access_token_required")


def test_only_who_knows_the_password_learns_that_it_is_not_enough(api: APIClient, staff: User, prove: Prove) -> None:
    prove(staff)

    assert_refused(api.get(ME, headers=basic(staff.email, WRONG)), "invalid_credentials")


def test_a_token_as_the_password_costs_one_statement_and_keeps_its_scopes(
    api: APIClient, proven: User, statements: Any
) -> None:
    made = create_token(name="till", scopes=["account:read"], actor=Actor(id=proven.id), now=clock.now())
    api.get(ME, headers=basic(proven.email, made.text))

    with statements() as ran:
        assert api.get(ME, headers=basic(proven.email, made.text)).status_code == 200

    assert len(ran) == 1, ran
    write = api.patch(ME, {"name": "X"}, headers=basic(proven.email, made.text))
    assert (write.status_code, write.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize("what", ["another's", "expired", "revoked"])
def test_a_token_that_is_no_good_is_refused(api: APIClient, proven: User, other_shopper: User, what: str) -> None:
    owner = Actor(id=(other_shopper if what == "another's" else proven).id)
    past = clock.now() - timedelta(days=9 if what == "expired" else 0)
    made = create_token(name="till", scopes=["account:read"], days=5, actor=owner, now=past)
    if what == "revoked":
        revoke_token(token_id=made.token.id, actor=owner, now=clock.now())

    assert_refused(api.get(ME, headers=basic(proven.email, made.text)), "invalid_credentials")


def test_a_write_needs_no_csrf_token(proven: User) -> None:
    client = APIClient(enforce_csrf_checks=True)

    answer = client.patch(ME, {"name": "New"}, headers=basic(proven.email, PASSWORD))

    assert (answer.status_code, answer.json()["name"]) == (200, "New")


def test_a_header_that_cannot_be_read_is_refused(api: APIClient, proven: User) -> None:
    def coded(raw: bytes) -> str:
        return b64encode(raw).decode()

    bad = [
        *("", "x", "====", "é", "a b", coded(b"\xff\xfe:x"), coded(b"no colon"), coded(b":"), coded(b"a@b.se:")),
        *(coded(b":password"), coded(b"nul\x00@b.se:x"), coded(b"a@b.se:nul\x00"), "A" * 1_000_000),
        coded(b"a@b.se:" + b"x" * 100_000),
    ]

    for header in bad:
        assert_refused(api.get(ME, headers={"Authorization": f"Basic {header}"}), "invalid_credentials")


# --- Guessing ----------------------------------------------------------------------------------------------------------


def guess(api: APIClient, email: str, password: str = WRONG, **extra: str) -> int:
    answer = api.get(ME, headers=basic(email, password) | {key.replace("_", "-"): v for key, v in extra.items()})
    return answer.status_code


def test_reading_counts_as_guessing_and_locks_the_account(api: APIClient, proven: User) -> None:
    assert [guess(api, proven.email) for _ in range(6)] == [401] * 5 + [429]

    right = api.get(ME, headers=basic(proven.email, PASSWORD))

    assert (right.status_code, right.json()["code"]) == (429, "throttled")
    assert int(right.headers["Retry-After"]) > 0


def test_what_is_remembered_opens_no_locked_account(api: APIClient, proven: User) -> None:
    assert guess(api, proven.email, PASSWORD) == 200
    for _ in range(5):
        guess(api, proven.email)

    assert guess(api, proven.email, PASSWORD) == 429


def test_another_spelling_is_another_address_whatever_the_database_says(api: APIClient, proven: User) -> None:
    assert proven.email.startswith("shopper@")
    for email in (proven.email.replace("o", "ö", 1), f"{proven.email}\x01"):
        assert_refused(api.get(ME, headers=basic(email, PASSWORD)), "invalid_credentials")


def test_guesses_here_and_at_the_sign_in_count_together(api: APIClient, proven: User) -> None:
    for _ in range(5):
        guess(api, proven.email)

    answer = api.post(f"{APP}/auth/login", {"email": proven.email, "password": PASSWORD})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "too_many_login_attempts"


def test_right_passwords_never_lock_anybody_out(api: APIClient, proven: User) -> None:
    for generation in range(30):
        changed_to(session_generation=generation)(proven)  # so that nothing is remembered

        assert guess(api, proven.email, PASSWORD) == 200


def test_an_address_is_locked_after_twenty_failures_over_many_accounts(api: APIClient, proven: User) -> None:
    assert [guess(api, f"nobody{number}@example.com") for number in range(21)] == [401] * 20 + [429]

    assert guess(api, proven.email, PASSWORD) == 429


def test_a_locked_address_leaves_other_addresses_alone(api: APIClient, proven: User) -> None:
    for number in range(21):
        guess(api, f"nobody{number}@example.com")

    answer = api.get(ME, headers=basic(proven.email, PASSWORD), REMOTE_ADDR="198.51.100.7")

    assert answer.status_code == 200


def test_a_lock_out_does_not_stop_programs_with_tokens(api: APIClient, proven: User) -> None:
    made = create_token(name="till", scopes=["account:read"], actor=Actor(id=proven.id), now=clock.now())
    for _ in range(6):
        guess(api, proven.email)

    assert guess(api, proven.email, made.text) == 200


def test_an_account_that_does_not_exist_answers_and_hashes_as_one_that_does(
    api: APIClient, proven: User, hashed: list[str]
) -> None:
    hashed.clear()
    known = api.get(ME, headers=basic(proven.email, WRONG))
    for_known = len(hashed)
    unknown = api.get(ME, headers=basic("nobody@example.com", WRONG))

    assert (for_known, len(hashed)) == (1, 2)
    assert known.status_code == unknown.status_code == 401
    assert known.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    assert set(known.headers) == set(unknown.headers)


def test_an_account_without_a_password_hashes_as_one_that_has_one(
    api: APIClient, proven: User, hashed: list[str]
) -> None:
    proven.set_unusable_password()
    proven.save()
    hashed.clear()

    assert_refused(api.get(ME, headers=basic(proven.email, WRONG)), "invalid_credentials")

    assert len(hashed) == 1

"""A code of an app, and a recovery code, opens the door once: whatever time step, thread or process asks."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core.cache import cache
from rest_framework.test import APIClient

from apps.users.models import AuditEntry, UsedCode, User
from apps.users.services.second_factor import forget_used_codes, use_code
from apps.users.tests.test_at_once import at_once
from integrations.authentication.tests.authenticator_app import (
    APP,
    SECRET,
    begin_sign_in,
    code_at,
    give_code,
    set_up_app,
    set_up_recovery_codes,
)
from tests.fixtures import NOON, PASSWORD

pytestmark = pytest.mark.django_db


def signed_in_with(user: User, code: str) -> bool:
    """Sign in afresh; the counters of failures are not what these tests are about."""
    cache.clear()
    api = APIClient()
    answer = give_code(api, begin_sign_in(api, user.email, PASSWORD), code)
    assert answer.status_code in {200, 400}, answer.content
    return bool(answer.status_code == 200)


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_a_code_of_this_step_and_its_neighbours_is_taken(shopper: User, noon: datetime, seconds: int) -> None:
    set_up_app(shopper)

    assert signed_in_with(shopper, code_at(noon + timedelta(seconds=seconds)))


@pytest.mark.parametrize("seconds", [-60, 60])
def test_a_code_from_further_away_is_refused(shopper: User, noon: datetime, seconds: int) -> None:
    set_up_app(shopper)

    assert not signed_in_with(shopper, code_at(noon + timedelta(seconds=seconds)))


@pytest.mark.parametrize("seconds", [0, 1, 29, 33, 45, 59])
def test_a_code_is_refused_the_second_time_in_its_own_and_in_later_steps(
    shopper: User, stop_clock: Callable[[datetime], None], seconds: int
) -> None:
    set_up_app(shopper)
    code = code_at(NOON)
    stop_clock(NOON)
    assert signed_in_with(shopper, code)

    stop_clock(NOON + timedelta(seconds=seconds))

    assert not signed_in_with(shopper, code)
    assert signed_in_with(shopper, code_at(NOON + timedelta(seconds=seconds + 30)))


def test_a_code_that_came_early_is_not_taken_again_in_its_own_step(
    shopper: User, stop_clock: Callable[[datetime], None]
) -> None:
    set_up_app(shopper)
    code = code_at(NOON + timedelta(seconds=30))
    stop_clock(NOON)
    assert signed_in_with(shopper, code)

    stop_clock(NOON + timedelta(seconds=59))

    assert not signed_in_with(shopper, code)


def test_the_code_that_set_the_app_up_signs_nobody_in(shopper: User, api: APIClient, noon: datetime) -> None:
    set_up_app(shopper).delete()
    token = signed_in_app(api, shopper)
    secret = api.get(f"{APP}/account/authenticators/totp", headers=token).json()["meta"]["secret"]
    code = code_at(noon, secret)

    assert api.post(f"{APP}/account/authenticators/totp", {"code": code}, headers=token).status_code == 200

    assert not signed_in_with(shopper, code)
    assert signed_in_with(shopper, code_at(noon + timedelta(seconds=30), secret))


def signed_in_app(api: APIClient, user: User) -> dict[str, str]:
    """Sign in by password, give it once more, and return the header of the session."""
    answer = api.post(f"{APP}/auth/login", {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 200, answer.content
    token = {"X-Session-Token": answer.json()["meta"]["session_token"]}
    assert api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=token).status_code == 200
    return token


def test_one_persons_code_does_not_use_up_anothers(shopper: User, other_shopper: User, noon: datetime) -> None:
    for user in (shopper, other_shopper):
        set_up_app(user)

        assert signed_in_with(user, code_at(noon))


def test_the_memory_of_codes_is_swept_once_they_are_long_past(
    shopper: User, stop_clock: Callable[[datetime], None]
) -> None:
    stop_clock(NOON)
    use_code(user_id=shopper.id, steps=[1], now=NOON - timedelta(days=41))
    use_code(user_id=shopper.id, steps=[2], now=NOON - timedelta(minutes=5))

    forget_used_codes()

    assert [row.step for row in UsedCode.objects.all()] == [2]


def test_a_code_stays_used_when_the_clock_ran_ahead_for_a_month(
    shopper: User, stop_clock: Callable[[datetime], None]
) -> None:
    use_code(user_id=shopper.id, steps=[1], now=NOON)
    stop_clock(NOON + timedelta(days=31))

    forget_used_codes()
    stop_clock(NOON)

    assert not use_code(user_id=shopper.id, steps=[1], now=NOON)


def test_no_code_is_no_code(shopper: User) -> None:
    assert not use_code(user_id=shopper.id, steps=[], now=NOON)


@pytest.mark.django_db(transaction=True)
def test_of_sign_ins_with_one_code_at_the_same_moment_one_succeeds(shopper: User, noon: datetime) -> None:
    set_up_app(shopper)

    for step in range(-1, 2):
        code = code_at(noon + timedelta(seconds=30 * step))
        assert sorted(answers_at_once(shopper, code)) == [200, 400, 400, 400]

    assert UsedCode.objects.filter(user=shopper).count() == 3


@pytest.mark.django_db(transaction=True)
def test_of_sign_ins_with_one_recovery_code_at_the_same_moment_one_succeeds(shopper: User) -> None:
    set_up_app(shopper)
    codes = set_up_recovery_codes(shopper)

    for code in codes[:3]:
        assert sorted(answers_at_once(shopper, code)) == [200, 400, 400, 400]


@pytest.mark.django_db(transaction=True)
def test_two_recovery_codes_at_the_same_moment_are_both_used_up(shopper: User) -> None:
    set_up_app(shopper)
    codes = set_up_recovery_codes(shopper)
    pairs = list(zip(codes[::2], codes[1::2], strict=True))

    for pair in pairs:
        cache.clear()
        clients = [APIClient() for _ in pair]
        tokens = [begin_sign_in(client, shopper.email, PASSWORD) for client in clients]
        works: list[Callable[[], Any]] = [
            lambda client=client, token=token, code=code: give_code(client, token, code).status_code
            for client, token, code in zip(clients, tokens, pair, strict=True)
        ]
        assert at_once(works) == [200, 200]

    kept = Authenticator.objects.get(user=shopper, type=Authenticator.Type.RECOVERY_CODES)
    assert kept.wrap().get_unused_codes() == []


def test_a_recovery_code_whose_set_was_renewed_at_the_same_moment_is_wrong_and_no_fault(shopper: User) -> None:
    codes = set_up_recovery_codes(shopper)
    read_before = Authenticator.objects.get(user=shopper).wrap()
    Authenticator.objects.filter(user=shopper).delete()  # as another request of the same moment does

    assert not read_before.validate_code(codes[0])


def answers_at_once(user: User, code: str) -> list[int]:
    cache.clear()
    clients = [APIClient() for _ in range(4)]
    tokens = [begin_sign_in(client, user.email, PASSWORD) for client in clients]
    works: list[Callable[[], Any]] = [
        lambda client=client, token=token: give_code(client, token, code).status_code
        for client, token in zip(clients, tokens, strict=True)
    ]
    return at_once(works)


def test_recovery_codes_are_shown_once(shopper: User, api: APIClient) -> None:
    token = signed_in_app_with_factor(api, shopper)

    first = api.get(f"{APP}/account/authenticators/recovery-codes", headers=token).json()["data"]
    second = api.get(f"{APP}/account/authenticators/recovery-codes", headers=token).json()["data"]

    assert len(first["unused_codes"]) == 10
    assert (second["unused_code_count"], "unused_codes" in second) == (10, False)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_renew_the_recovery_codes_at_once_none_fails_and_the_last_ones_work(
    shopper: User, api: APIClient
) -> None:
    token = signed_in_app_with_factor(api, shopper)

    def renew() -> Any:
        client = APIClient(raise_request_exception=False)
        return client.post(f"{APP}/account/authenticators/recovery-codes", headers=token)

    for _round in range(4):
        answers = at_once([renew] * 5)

        told = [codes for one in answers if one.status_code == 200 for codes in one.json()["data"]["unused_codes"]]
        kept = Authenticator.objects.get(user=shopper, type=Authenticator.Type.RECOVERY_CODES).wrap()
        assert {one.status_code for one in answers} <= {200, 409}
        assert set(kept.get_unused_codes()) <= set(told)


def signed_in_app_with_factor(api: APIClient, user: User) -> dict[str, str]:
    set_up_app(user).delete()
    token = signed_in_app(api, user)
    set_up_app(user)
    set_up_recovery_codes(user)
    return token


def test_a_dump_of_the_database_shows_no_seed(shopper: User, api: APIClient, noon: datetime) -> None:
    token = signed_in_app_with_factor(api, shopper)
    Authenticator.objects.filter(type=Authenticator.Type.TOTP).delete()
    pending = api.get(f"{APP}/account/authenticators/totp", headers=token).json()["meta"]["secret"]
    session = Session.objects.get(session_key=token["X-Session-Token"])
    assert pending not in str(session.get_decoded())

    code = code_at(noon, pending)
    assert api.post(f"{APP}/account/authenticators/totp", {"code": code}, headers=token).status_code == 200

    rows = {row.type: row for row in Authenticator.objects.all()}
    totp, recovery = rows["totp"], rows["recovery_codes"]
    assert pending not in str(totp.data)
    assert SECRET not in str(totp.data)
    assert totp.data["secret"].startswith("gAAAA")
    assert recovery.data["seed"].startswith("gAAAA")
    assert not any(code in str(recovery.data) for code in recovery.wrap().generate_codes())


def test_a_seed_is_read_under_the_former_secret_key_and_under_no_other(
    shopper: User, settings: Any, noon: datetime
) -> None:
    set_up_app(shopper)
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another secret key of fifty characters or more, surely"

    settings.SECRET_KEY_FALLBACKS = [former]
    assert signed_in_with(shopper, code_at(noon))

    settings.SECRET_KEY_FALLBACKS = []
    api = APIClient()
    answer = give_code(api, begin_sign_in(api, shopper.email, PASSWORD), code_at(noon))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "second_factor_unreadable")


# --- guessing ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def guessed_out(shopper: User, noon: datetime, settings: Any) -> User:
    """Return somebody with an app, at whose codes a stranger who knows the password has guessed all day."""
    set_up_app(shopper)
    # the limit of five minutes is not what this is about
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "", "login": ""}
    allowed = int(settings.ACCOUNT_RATE_LIMITS["app_codes"].partition("/")[0])
    api = APIClient()
    token = begin_sign_in(api, shopper.email, PASSWORD)
    wrong = f"{(int(code_at(noon)) + 7) % 1_000_000:06d}"
    assert {give_code(api, token, wrong).json()["errors"][0]["code"] for _ in range(allowed)} == {"incorrect_code"}
    return shopper


def test_a_day_has_room_for_so_many_wrong_codes_of_an_app_and_no_more(guessed_out: User, noon: datetime) -> None:
    api = APIClient()

    answer = give_code(api, begin_sign_in(api, guessed_out.email, PASSWORD), code_at(noon))

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "too_many_app_codes")
    assert AuditEntry.objects.filter(action="locked_out", actor_label=guessed_out.email).exists()


def test_the_owner_comes_in_by_a_recovery_code_and_a_new_password_opens_the_app_again(
    guessed_out: User, noon: datetime
) -> None:
    api = APIClient()
    recovery = set_up_recovery_codes(guessed_out)[0]
    came_in = give_code(api, begin_sign_in(api, guessed_out.email, PASSWORD), recovery)
    assert came_in.status_code == 200
    token = {"X-Session-Token": came_in.json()["meta"]["session_token"]}
    assert api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=token).status_code == 200

    changed = api.post(
        f"{APP}/account/password/change",
        {"current_password": PASSWORD, "new_password": f"another {PASSWORD}"},
        headers=token,
    )

    assert changed.status_code == 200, changed.content
    token = begin_sign_in(APIClient(), guessed_out.email, f"another {PASSWORD}")
    assert give_code(APIClient(), token, code_at(noon)).status_code == 200


def test_right_codes_are_not_counted(shopper: User, stop_clock: Callable[[datetime], None], settings: Any) -> None:
    set_up_app(shopper)
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"app_codes": "1/d/key", "login": ""}
    answers = []

    for minute in range(3):
        stop_clock(NOON + timedelta(minutes=minute))
        token = begin_sign_in(APIClient(), shopper.email, PASSWORD)
        answers.append(give_code(APIClient(), token, code_at(NOON + timedelta(minutes=minute))).status_code)

    assert answers == [200, 200, 200]


def test_who_guesses_at_the_app_closes_no_recovery_code_to_the_owner(shopper: User) -> None:
    set_up_app(shopper)
    recovery = set_up_recovery_codes(shopper)[0]
    stranger = APIClient(REMOTE_ADDR="192.0.2.9")
    token = begin_sign_in(stranger, shopper.email, PASSWORD)
    guesses = [give_code(stranger, token, "000000").json()["errors"][0]["code"] for _ in range(6)]

    by_recovery = give_code(APIClient(), begin_sign_in(APIClient(), shopper.email, PASSWORD), recovery)

    assert guesses == ["incorrect_code"] * 5 + ["too_many_login_attempts"]
    assert by_recovery.status_code == 200


def test_a_new_password_by_mail_opens_no_app_again(
    guessed_out: User, noon: datetime, published: Callable[[], list[Any]]
) -> None:
    api = APIClient()
    api.post(f"{APP}/auth/password/request", {"email": guessed_out.email})
    key = re.search(r"/password/reset/key/([^/\s]+)", str(published()[-1].text))
    assert key is not None
    api.post(f"{APP}/auth/password/reset", {"key": key[1], "password": f"another {PASSWORD}"})

    answer = give_code(api, begin_sign_in(APIClient(), guessed_out.email, f"another {PASSWORD}"), code_at(noon))

    assert answer.json()["errors"][0]["code"] == "too_many_app_codes"

"""The code that proves an e-mail address: where a sign-up began it is finished, and guessing at once helps nobody."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import connections
from django.test import Client
from rest_framework.test import APIClient

from apps.users.models import User
from apps.users.services.accounts import create_user_by_staff
from apps.users.tests.test_at_once import at_once
from contracts.users import AccountMailRequested
from integrations.authentication.tests.conftest import APP, ME, basic
from kernel.actors import Actor, Role
from kernel.errors import InvalidInputError
from tests.fixtures import NOON, PASSWORD

pytestmark = pytest.mark.django_db
EMAIL = "ann@example.com"
GUESSES = 16
Published = Callable[[], list[Any]]


def mail_of(published: Published) -> str:
    mail = [event for event in published() if isinstance(event, AccountMailRequested)][-1]
    return str(mail.text)


def code_of(published: Published) -> str:
    found = re.search(r"^\s*(\d{6})\s*$", mail_of(published), re.MULTILINE)
    assert found is not None
    return found[1]


def sign_up(api: APIClient, email: str = EMAIL, **extra: str) -> dict[str, str]:
    begun = api.post(f"{APP}/auth/signup", {"email": email, "password": PASSWORD}, **extra)
    assert begun.status_code == 401
    return {"X-Session-Token": begun.json()["meta"]["session_token"]}


def test_a_sign_up_that_began_in_the_api_is_finished_by_its_code_in_the_api(
    api: APIClient, published: Published
) -> None:
    begun = sign_up(api)

    done = api.post(f"{APP}/auth/email/verify", {"key": code_of(published)}, headers=begun)

    access = done.json()["meta"]["access_token"]
    assert api.get(ME, headers={"Authorization": f"Bearer {access}"}).json()["is_verified"] is True


def test_a_code_for_an_address_that_was_proven_meanwhile_is_a_conflict(api: APIClient, published: Published) -> None:
    begun, code = sign_up(api), code_of(published)
    EmailAddress.objects.filter(email=EMAIL).update(verified=True)  # as another request of the same moment does

    late = api.post(f"{APP}/auth/email/verify", {"key": code}, headers=begun)

    assert (late.status_code, late.json()["errors"][0]["code"]) == (409, "code_used")


def test_a_sign_up_that_began_in_a_browser_is_finished_by_its_code_in_the_browser(
    client: Client, published: Published
) -> None:
    form = {"email": EMAIL, "password1": PASSWORD, "password2": PASSWORD}
    begun = client.post("/accounts/signup/", form)
    assert begun["Location"] == "/accounts/confirm-email/"

    client.post("/accounts/confirm-email/", {"code": code_of(published)})

    assert client.get("/dashboard/").status_code == 200
    assert User.objects.get(email=EMAIL).verified_at is not None


def test_the_code_of_a_sign_up_is_worth_nothing_in_another_session_and_no_mail_holds_a_link(
    api: APIClient, client: Client, published: Published
) -> None:
    sign_up(api)
    code = code_of(published)
    elsewhere = sign_up(APIClient(), "other@example.com")

    wrong = api.post(f"{APP}/auth/email/verify", {"key": code}, headers=elsewhere)
    page = client.post("/accounts/confirm-email/", {"code": code})
    link = client.get(f"/accounts/confirm-email/{code}/")

    assert wrong.status_code == 400
    assert page["Location"] == "/accounts/login/"
    assert link.status_code in {302, 404}
    assert "/confirm-email/" not in mail_of(published)
    assert not User.objects.exclude(verified_at=None).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("method", ["post", "get"])
def test_many_guesses_at_one_code_at_once_are_few_guesses(api: APIClient, published: Published, method: str) -> None:
    begun = sign_up(api)
    right, barrier = int(code_of(published)), Barrier(GUESSES)

    def guess(number: int) -> int:
        barrier.wait()
        key = f"{(right + 1 + number) % 1_000_000:06d}"
        try:
            if method == "get":
                headers = begun | {"X-Email-Verification-Key": key}
                return APIClient().get(f"{APP}/auth/email/verify", headers=headers).status_code
            return APIClient().post(f"{APP}/auth/email/verify", {"key": key}, headers=begun).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(GUESSES) as pool:
        answers = list(pool.map(guess, range(GUESSES)))

    allowed = int(settings.ACCOUNT_RATE_LIMITS["email_code"].partition("/")[0])
    assert 1 <= answers.count(400) <= allowed, answers
    assert set(answers) <= {400, 409, 429}


def test_whoever_asks_for_code_after_code_guesses_so_often_a_day(
    api: APIClient, published: Published, settings: Any
) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"confirm_email": ""}  # a code every ten seconds
    allowed = int(settings.ACCOUNT_RATE_LIMITS["email_codes"].partition("/")[0])
    headers, answers = sign_up(api), []

    for number in range(allowed + 1):
        wrong = f"{(int(code_of(published)) + 1) % 1_000_000:06d}"
        extra = {"REMOTE_ADDR": f"198.51.100.{number}"}
        answers.append(api.post(f"{APP}/auth/email/verify", {"key": wrong}, headers=headers, **extra).status_code)
        if number % 3 == 2:  # the third wrong one ends the code
            User.objects.get(email=EMAIL).delete()
            headers = sign_up(APIClient(), **extra)

    assert answers == [400] * allowed + [429]


@pytest.mark.parametrize("is_taken", [False, True])
def test_a_password_of_ones_own_tells_nobody_whether_an_address_had_an_account(
    api: APIClient, make_user: Callable[..., User], is_taken: bool
) -> None:
    if is_taken:
        owner = make_user(EMAIL)
        EmailAddress.objects.create(user=owner, email=EMAIL, primary=True, verified=True)
    chosen = "strangers-choice-of-words-7"
    api.post(f"{APP}/auth/signup", {"email": EMAIL, "password": chosen})

    by_api = APIClient().post(f"{APP}/auth/login", {"email": EMAIL, "password": chosen})
    by_page = Client().post("/accounts/login/", {"login": EMAIL, "password": chosen})
    by_header = APIClient().get(ME, headers=basic(EMAIL, chosen))

    assert (by_api.status_code, by_api.json()["errors"][0]["code"]) == (400, "email_password_mismatch")
    assert (by_page.status_code, "is not correct" in by_page.content.decode()) == (200, True)
    assert (by_header.status_code, by_header.json()["code"]) == (401, "invalid_credentials")


def guess_all_day(api: APIClient, headers: dict[str, str], settings: Any) -> None:
    """Use up what a day has room for, at the code that this session waits for."""
    unlimited = {"email_code": "", "email_codes": "3/d/key", "confirm_email": ""}
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | unlimited
    for number in range(4):
        api.post(f"{APP}/auth/email/verify", {"key": "x"}, headers=headers, REMOTE_ADDR=f"198.51.100.{number}")


def test_guesses_at_a_code_that_was_never_sent_close_nothing_to_the_owner(
    api: APIClient, published: Published, settings: Any
) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"confirm_email": ""}
    mine, code = sign_up(api), code_of(published)
    guess_all_day(api, sign_up(APIClient()), settings)  # the address is taken by now

    assert api.post(f"{APP}/auth/email/verify", {"key": code}, headers=mine).status_code == 200


def test_the_link_of_a_new_password_opens_the_address_that_others_guessed_at(
    api: APIClient, published: Published, settings: Any
) -> None:
    guess_all_day(api, sign_up(api), settings)
    api.post(f"{APP}/auth/password/request", {"email": EMAIL})
    key = re.search(r"/password/reset/key/([^/\s]+)", mail_of(published))
    assert key is not None
    new = f"another {PASSWORD}"
    api.post(f"{APP}/auth/password/reset", {"key": key[1], "password": new})

    done = APIClient().post(f"{APP}/auth/login", {"email": EMAIL, "password": new})

    assert done.status_code == 200, done.content
    access = done.json()["meta"]["access_token"]
    assert api.get(ME, headers={"Authorization": f"Bearer {access}"}).json()["is_verified"] is True


@pytest.mark.django_db(transaction=True)
def test_of_many_who_register_one_address_at_once_nobody_is_sent_from_the_api_to_a_page(api: APIClient) -> None:
    barrier = Barrier(4)

    def register(_number: int) -> tuple[int, str]:
        barrier.wait()
        try:
            answer = APIClient().post(f"{APP}/auth/signup", {"email": EMAIL, "password": PASSWORD})
            return answer.status_code, str(answer["Content-Type"])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(register, range(4)))

    assert answers - {(429, "application/json")} == {(401, "application/json")}  # mails to one address came too fast
    assert User.objects.filter(email=EMAIL).count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_code_for_a_new_address_given_many_times_at_once_changes_it_once(
    api: APIClient, make_user: Callable[..., User], published: Published
) -> None:
    user = make_user(EMAIL)
    EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    begun = api.post(f"{APP}/auth/login", {"email": EMAIL, "password": PASSWORD})
    headers = {"X-Session-Token": begun.json()["meta"]["session_token"]}
    api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=headers)
    api.post(f"{APP}/account/email", {"email": "new@example.com"}, headers=headers)
    body = {"key": code_of(published)}

    answers = at_once(
        [lambda: APIClient().post(f"{APP}/auth/email/verify", body, format="json", headers=headers).status_code] * 4
    )

    assert set(answers) <= {200, 400, 409, 410, 429}, answers
    assert list(EmailAddress.objects.values_list("email", flat=True)) == ["new@example.com"]


@pytest.mark.django_db(transaction=True)
def test_one_code_of_a_sign_up_given_many_times_at_once_signs_in_once(api: APIClient, published: Published) -> None:
    headers = sign_up(api)
    body = {"key": code_of(published)}

    answers = at_once(
        [lambda: APIClient().post(f"{APP}/auth/email/verify", body, format="json", headers=headers).status_code] * 4
    )

    assert answers.count(200) == 1, answers
    assert set(answers) <= {200, 400, 409, 410, 429}
    assert UserSession.objects.count() == 1


MASTER = Actor(role=Role.SUPER_USER)
UNSEEN = ["anna@examp\u200dle.com", "anna@examp\u00adle.com", "anna@exam\u3164ple.com", "anna@example\ufe0f.com"]


@pytest.mark.parametrize("email", UNSEEN)
def test_an_address_with_a_sign_that_nobody_sees_is_refused(api: APIClient, shopper: User, email: str) -> None:
    EmailAddress.objects.create(user=shopper, email=shopper.email, verified=True, primary=True)
    begun = api.post(f"{APP}/auth/login", {"email": shopper.email, "password": PASSWORD})
    headers = {"X-Session-Token": begun.json()["meta"]["session_token"]}
    api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=headers)
    people = User.objects.count()

    answers = [
        APIClient().post(f"{APP}/auth/signup", {"email": email, "password": PASSWORD}),
        api.post(f"{APP}/account/email", {"email": email}, headers=headers),
    ]
    with pytest.raises(InvalidInputError) as by_staff:
        create_user_by_staff(email=email, actor=MASTER, now=NOON)

    assert [answer.status_code for answer in answers] == [400, 400]
    assert {answer.json()["errors"][0]["param"] for answer in answers} == {"email"}
    assert by_staff.value.fields.keys() == {"email"}
    assert User.objects.count() == people

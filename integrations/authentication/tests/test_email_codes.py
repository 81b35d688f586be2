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
from apps.users.tests.test_at_once import at_once
from contracts.users import AccountMailRequested
from integrations.authentication.tests.conftest import APP, ME
from tests.fixtures import PASSWORD

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


def sign_up(api: APIClient, email: str = EMAIL) -> dict[str, str]:
    begun = api.post(f"{APP}/auth/signup", {"email": email, "password": PASSWORD})
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

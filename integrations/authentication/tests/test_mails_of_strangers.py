"""Mails that anybody makes the shop send to anybody: a few a day to one address, and nobody learns of it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.mail.message import sanitize_address
from django.test import Client
from rest_framework.test import APIClient

from apps.users.models import User
from apps.users.tests.factories import UserFactory
from contracts.users import AccountMailRequested, UserRegistered
from integrations.authentication.tests.authenticator_app import APP, prove_email
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db
Published = Callable[[], list[Any]]
ALLOWED = 3


@pytest.fixture(autouse=True)
def few(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {
        "mails": f"{ALLOWED}/d/key",
        "reset_password": "",
        "confirm_email": "",
        "manage_email": "",
    }


def mails_to(published: Published, email: str) -> list[AccountMailRequested]:
    return [event for event in published() if isinstance(event, AccountMailRequested) and event.to == email]


def ask(email: str) -> int:
    return int(APIClient().post(f"{APP}/auth/password/request", {"email": email}).status_code)


@pytest.mark.parametrize("is_registered", [True, False])
def test_new_passwords_are_offered_to_an_address_a_few_times_a_day(
    shopper: User, published: Published, is_registered: bool
) -> None:
    email = shopper.email if is_registered else "nobody@example.com"
    prove_email(shopper)

    answers = [ask(email) for _ in range(ALLOWED + 3)]

    assert set(answers) == {200}
    assert len(mails_to(published, email)) == ALLOWED
    ask("another@example.com")
    assert len(mails_to(published, "another@example.com")) == 1


SPELLINGS = (
    "victim@shop-b.example",
    "victim@SHOP-b.Example",
    "victim@\uff53hop-b.example",  # full width
    "victim@\u017fhop-b.example",  # a long s
    "victim@shop-b\u3002example",  # an ideographic full stop
    '"victim"@shop-b.example',
    '"vict\\im"@shop-b.example',
)


def test_one_mailbox_gets_a_few_mails_a_day_however_its_address_is_spelled(published: Published) -> None:
    for email in SPELLINGS:
        for _ in range(2):
            assert ask(email) in {200, 400}

    reached = [sanitize_address(event.to, "utf-8") for event in published()]
    assert reached == ["victim@shop-b.example"] * ALLOWED


def test_one_mailbox_gets_a_few_mails_a_day_whatever_follows_a_plus_in_its_address(published: Published) -> None:
    for number in range(ALLOWED + 3):
        ask(f"victim+{number}@example.com")
    ask("other+1@example.com")

    reached = [event.to for event in published()]
    assert reached == [*(f"victim+{number}@example.com" for number in range(ALLOWED)), "other+1@example.com"]


@pytest.mark.parametrize(
    ("one", "other"), [("a@b\u00fccher.de", "a@xn--bcher-kva.de"), ("a@B\u00dcCHER.de", "A@b\u00fccher.de")]
)
def test_a_domain_in_other_letters_counts_as_itself(published: Published, one: str, other: str) -> None:
    for email in (one, other):
        for _ in range(ALLOWED):
            ask(email)

    assert len(published()) == ALLOWED


def test_the_owner_of_an_address_is_told_of_sign_ups_with_it_a_few_times_a_day(
    shopper: User, published: Published
) -> None:
    prove_email(shopper)

    for _ in range(ALLOWED + 3):
        APIClient().post(f"{APP}/auth/signup", {"email": shopper.email, "password": PASSWORD})

    assert len(mails_to(published, shopper.email)) == ALLOWED


def test_a_link_that_came_still_works_and_the_next_one_is_sent_again(shopper: User, published: Published) -> None:
    prove_email(shopper)
    for _ in range(ALLOWED + 3):
        ask(shopper.email)
    link = re.search(r"/password/reset/key/([^/\s]+)", str(mails_to(published, shopper.email)[0].text))
    assert link is not None

    done = APIClient().post(f"{APP}/auth/password/reset", {"key": link[1], "password": f"another {PASSWORD}"})
    before = len(mails_to(published, shopper.email))
    ask(shopper.email)

    assert done.status_code in {200, 401}
    assert len(mails_to(published, shopper.email)) == before + 1


def test_who_signs_in_to_an_address_that_nobody_proved_has_no_codes_sent_to_it(published: Published) -> None:
    account = {"email": "somebody@example.com", "password": PASSWORD}
    APIClient().post(f"{APP}/auth/signup", account)

    answers = {APIClient().post(f"{APP}/auth/login", account).status_code for _ in range(ALLOWED)}

    assert answers == {400}
    assert len(mails_to(published, account["email"])) == 1


def test_the_owner_who_chooses_a_new_password_by_mail_has_proved_the_address(published: Published) -> None:
    account, new = {"email": "somebody@example.com", "password": PASSWORD}, f"another {PASSWORD}"
    APIClient().post(f"{APP}/auth/signup", account)
    ask(account["email"])
    link = re.search(r"/password/reset/key/([^/\s]+)", str(mails_to(published, account["email"])[-1].text))
    assert link is not None

    APIClient().post(f"{APP}/auth/password/reset", {"key": link[1], "password": new})

    stranger = APIClient().post(f"{APP}/auth/login", account)
    owner = APIClient().post(f"{APP}/auth/login", account | {"password": new})
    assert (stranger.status_code, owner.status_code) == (400, 200)
    assert [event.email for event in published() if isinstance(event, UserRegistered)] == [account["email"]]


@pytest.mark.parametrize("is_registered", [True, False])
def test_nobody_has_code_after_code_sent_to_an_address_by_changing_to_it(
    shopper: User, client: Client, published: Published, is_registered: bool
) -> None:
    other = UserFactory.create(email="somebody@example.com") if is_registered else None
    if other is not None:
        prove_email(other)
    prove_email(shopper)
    client.post("/accounts/login/", {"login": shopper.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})

    answers = {
        client.post("/accounts/email/", {"email": "somebody@example.com", "action_add": ""}).headers["Location"]
        for _ in range(ALLOWED + 3)
    }

    assert len(answers) == 1
    assert len(mails_to(published, "somebody@example.com")) == ALLOWED

"""Guessing passwords: accounts and addresses are locked, also behind a proxy, and no answer tells who is registered."""

import re
import time
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.users.models import User
from contracts.users import AccountMailRequested
from integrations.authentication.limits import sign_in_limits
from integrations.authentication.tests.authenticator_app import set_up_app, set_up_recovery_codes
from integrations.authentication.tests.conftest import APP, ME, basic
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db
WRONG = "not-the-pass-phrase"
LOCKED = "Too many failed login attempts"


def attempt(email: str, password: str = WRONG, **extra: Any) -> str:
    """Return ``in``, ``wrong`` or ``locked``, as the sign-in page says it."""
    answer = Client().post("/accounts/login/", {"login": email, "password": password}, **extra)
    if answer.status_code == 302:
        return "in"
    return "locked" if LOCKED in answer.content.decode() else "wrong"


def app_attempt(email: str, password: str = WRONG) -> str:
    answer = APIClient().post(f"{APP}/auth/login", {"email": email, "password": password})
    if answer.status_code == 200:
        return "in"
    return "locked" if answer.json()["errors"][0]["code"] == "too_many_login_attempts" else "wrong"


def test_an_account_is_locked_after_five_failures_even_for_the_right_password(proven: User) -> None:
    assert [attempt(proven.email) for _ in range(6)] == ["wrong"] * 5 + ["locked"]

    assert attempt(proven.email, PASSWORD) == "locked"
    assert attempt(proven.email.upper(), PASSWORD) == "locked"


def test_pages_and_api_lock_together(proven: User) -> None:
    assert [attempt(proven.email) for _ in range(3)] + [app_attempt(proven.email) for _ in range(3)] == [
        *["wrong"] * 5,
        "locked",
    ]

    assert APIClient().get(ME, headers=basic(proven.email, PASSWORD)).status_code == 429


def test_an_account_stays_locked_from_wherever_one_tries(proven: User) -> None:
    for number in range(5):
        attempt(proven.email, REMOTE_ADDR=f"198.51.100.{number}")

    assert attempt(proven.email, PASSWORD, REMOTE_ADDR="203.0.113.9") == "locked"


def test_an_account_stays_locked_whatever_many_others_try_meanwhile(proven: User) -> None:
    for number in range(5):
        attempt(proven.email, REMOTE_ADDR=f"198.51.100.{number}")

    for number in range(150):  # each leaves counts in the cache: of the address and of the account
        attempt(f"nobody{number}@example.com", REMOTE_ADDR=f"203.0.113.{number}")

    assert attempt(proven.email, PASSWORD, REMOTE_ADDR="192.0.2.1") == "locked"


def test_an_account_stays_locked_by_whatever_name_the_shop_is_called(proven: User, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["shop.example.com"]
    for number in range(5):
        attempt(proven.email, HTTP_HOST=f"shop.example.com:{8000 + number}")

    assert attempt(proven.email, PASSWORD, HTTP_HOST="shop.example.com") == "locked"
    assert attempt(proven.email, PASSWORD, HTTP_HOST="SHOP.example.com.:9999") == "locked"
    by_basic = APIClient().get(ME, headers=basic(proven.email, PASSWORD) | {"Host": "shop.example.com:9999"})
    assert by_basic.status_code == 429


def test_an_address_is_locked_after_twenty_failures_and_others_are_not(proven: User) -> None:
    tries = [attempt(f"nobody{number}@example.com", REMOTE_ADDR="198.51.100.7") for number in range(21)]

    assert tries == ["wrong"] * 20 + ["locked"]
    assert attempt(proven.email, PASSWORD, REMOTE_ADDR="198.51.100.7") == "locked"
    assert attempt(proven.email, PASSWORD, REMOTE_ADDR="198.51.100.8") == "in"


def test_the_operator_says_how_often_an_address_may_fail(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = sign_in_limits("3/hour")

    tries = [attempt(f"nobody{number}@example.com", REMOTE_ADDR="198.51.100.7") for number in range(4)]

    assert tries == ["wrong"] * 3 + ["locked"]
    assert sign_in_limits("20/minute")["login"] == "30/m/ip"


def test_ones_own_second_factor_buys_no_guesses_at_others(proven: User) -> None:
    codes, here = set_up_recovery_codes(proven), {"REMOTE_ADDR": "198.51.100.7"}
    set_up_app(proven)
    tries = [attempt(f"nobody{number}@example.com", **here) for number in range(18)]

    browser = Client(**here)
    browser.post("/accounts/login/", {"login": proven.email, "password": PASSWORD})
    inside = browser.post("/accounts/2fa/authenticate/", {"code": codes[0]})

    assert (tries, inside.status_code) == (["wrong"] * 18, 302)
    assert [attempt(f"more{number}@example.com", **here) for number in range(3)] == ["wrong", "wrong", "locked"]


def test_a_new_password_buys_no_guesses_at_others(proven: User, published: Any) -> None:
    here = {"REMOTE_ADDR": "198.51.100.7"}
    for number in range(19):
        attempt(f"nobody{number}@example.com", **here)
    browser = Client(**here)
    browser.post("/accounts/password/reset/", {"email": proven.email})
    mail = [event for event in published() if isinstance(event, AccountMailRequested)][-1]
    link = re.search(r"/accounts/password/reset/key/\S+", mail.text)
    assert link
    form = browser.get(link[0], follow=True).request["PATH_INFO"]

    done = browser.post(form, {"password1": "another-fine-pass-phrase", "password2": "another-fine-pass-phrase"})

    assert done.status_code == 302
    assert [attempt(f"more{number}@example.com", **here) for number in range(2)] == ["wrong", "locked"]


def test_a_whole_range_of_new_addresses_counts_as_one(proven: User) -> None:
    tries = [attempt(f"nobody{number}@example.com", REMOTE_ADDR=f"2001:db8::{number:x}") for number in range(21)]

    assert tries[-1] == "locked"


def test_guests_of_a_socket_for_both_kinds_of_addresses_do_not_lock_each_other_out(proven: User) -> None:
    tries = [attempt(f"nobody{number}@example.com", REMOTE_ADDR="::ffff:198.51.100.7") for number in range(21)]

    assert tries[-1] == "locked"
    assert attempt(proven.email, PASSWORD, REMOTE_ADDR="198.51.100.7") == "locked"
    assert attempt(proven.email, PASSWORD, REMOTE_ADDR="::ffff:198.51.100.8") == "in"


@pytest.mark.parametrize("forwarded", ["198.51.100.7", "[2001:db8::7]", "nonsense", ""])
def test_a_list_of_addresses_that_a_proxy_left_short_or_odd_is_no_fault(
    proven: User, settings: Any, forwarded: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2

    assert attempt(proven.email, PASSWORD, headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="10.0.0.1") == "in"


def test_without_a_proxy_nobody_chooses_his_own_address(proven: User) -> None:
    tries = [
        attempt(f"nobody{number}@example.com", headers={"X-Forwarded-For": f"198.51.100.{number}"})
        for number in range(21)
    ]

    assert tries[-1] == "locked"


def test_behind_one_proxy_an_invented_address_does_not_help(proven: User, settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def by_proxy(email: str, password: str, *, invented: str, true: str) -> str:
        forwarded = f"{invented}, {true}"
        return attempt(email, password, headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="10.0.0.1")

    tries = [
        by_proxy(f"nobody{number}@example.com", WRONG, invented=f"203.0.113.{number}", true="198.51.100.7")
        for number in range(21)
    ]

    assert tries == ["wrong"] * 20 + ["locked"]
    assert by_proxy(proven.email, PASSWORD, invented="203.0.113.99", true="198.51.100.7") == "locked"
    assert by_proxy(proven.email, PASSWORD, invented="198.51.100.7", true="198.51.100.8") == "in"


def test_basic_is_counted_by_the_true_address_behind_a_proxy(proven: User, settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def ask(email: str, password: str, *, invented: str, true: str) -> int:
        headers = basic(email, password) | {"X-Forwarded-For": f"{invented}, {true}"}
        return APIClient().get(ME, headers=headers).status_code

    tries = [
        ask(f"nobody{number}@example.com", WRONG, invented=f"203.0.113.{number}", true="198.51.100.7")
        for number in range(21)
    ]

    assert tries == [401] * 20 + [429]
    assert ask(proven.email, PASSWORD, invented="x", true="198.51.100.8") == 200


def test_signing_in_in_between_does_not_clear_what_was_counted(proven: User) -> None:
    tries = [attempt(proven.email) for _ in range(4)]
    assert attempt(proven.email, PASSWORD) == "in"

    assert [*tries, attempt(proven.email), attempt(proven.email)] == ["wrong"] * 5 + ["locked"]


# --- No answer tells who is registered ---------------------------------------------------------------------------------


def plain(answer: Any, email: str) -> tuple[int, str, str]:
    """Return what an answer says, without the address that was asked for and what is random in it."""
    body = answer.content.decode().replace(email, "E")
    for secret in set(answer.wsgi_request.META.get("CSRF_COOKIE", "").split()):
        body = body.replace(secret, "")
    lines = [line for line in body.splitlines() if "csrfmiddlewaretoken" not in line and "request" not in line]
    return answer.status_code, answer.headers.get("Location", ""), "\n".join(lines)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/accounts/login/", {"login": "{}", "password": WRONG}),
        ("/accounts/password/reset/", {"email": "{}"}),
        ("/accounts/signup/", {"email": "{}", "name": "X", "password1": PASSWORD, "password2": PASSWORD}),
    ],
)
def test_a_page_answers_the_same_whether_or_not_the_account_exists(
    proven: User, path: str, body: dict[str, str]
) -> None:
    known, unknown = (
        plain(Client().post(path, {name: value.format(email) for name, value in body.items()}), email)
        for email in (proven.email, "nobody00@example.com")
    )

    assert known == unknown


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("auth/login", {"email": "{}", "password": WRONG}),
        ("auth/password/request", {"email": "{}"}),
        ("auth/signup", {"email": "{}", "name": "X", "password": PASSWORD}),
    ],
)
def test_the_sign_in_api_answers_the_same_whether_or_not_the_account_exists(
    proven: User, path: str, body: dict[str, str]
) -> None:
    def ask(email: str) -> tuple[int, Any]:
        answer = APIClient().post(f"{APP}/{path}", {name: value.format(email) for name, value in body.items()})
        said = answer.json()
        said.get("meta", {}).pop("session_token", None)
        return answer.status_code, said

    assert ask(proven.email) == ask("nobody@example.com")


def test_a_sign_in_hashes_once_whether_or_not_the_account_exists(proven: User, hashed: list[str]) -> None:
    hashed.clear()
    attempt(proven.email)
    known = len(hashed)
    attempt("nobody@example.com")

    assert (known, len(hashed)) == (1, 2)


def test_who_asked_for_a_reset_without_an_account_is_told_by_mail_only(proven: User, published: Any) -> None:
    Client().post("/accounts/password/reset/", {"email": "nobody@example.com"})

    (mail,) = [event for event in published() if isinstance(event, AccountMailRequested)]
    assert mail.to == "nobody@example.com"
    assert "/password/reset/key/" not in mail.text


@pytest.mark.parametrize("way", ["page", "app"])
def test_a_sign_up_with_an_address_that_is_taken_hashes_as_much_as_any_other(
    proven: User, hashed: list[str], way: str
) -> None:
    def work_for(email: str) -> int:
        hashed.clear()
        if way == "page":
            Client().post("/accounts/signup/", {"email": email, "password1": PASSWORD, "password2": PASSWORD})
        else:
            APIClient().post(f"{APP}/auth/signup", {"email": email, "password": PASSWORD})
        return len(hashed)

    assert work_for(proven.email) == work_for("new@example.com") == 1


@pytest.mark.parametrize("address", ["/accounts/signup/", f"{APP}/auth/signup", "/_allauth/browser/v1/auth/signup"])
def test_no_sign_up_is_answered_earlier_than_another(settings: Any, address: str) -> None:
    settings.SIGN_UP_SECONDS = 0.2
    form: dict[str, Any] = {} if address.startswith("/accounts/") else {"content_type": "application/json"}
    began = time.monotonic()

    Client().post(address, {"email": "new@example.com"}, **form)

    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("is_taken", [False, True])
def test_nor_is_a_wrong_code_or_a_wish_for_another_code_after_it(
    settings: Any, proven: User, *, is_taken: bool
) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    email = proven.email if is_taken else "new@example.com"
    app, client, took = APIClient(), Client(), []
    signed_up = app.post(f"{APP}/auth/signup", {"email": email, "password": PASSWORD})
    session = {"X-Session-Token": signed_up.json()["meta"]["session_token"]}
    client.post("/accounts/signup/", {"email": email, "name": "X", "password1": PASSWORD, "password2": PASSWORD})
    settings.SIGN_UP_SECONDS = 1.0

    for ask in (
        lambda: app.post(f"{APP}/auth/email/verify", {"key": "WRONG1"}, headers=session),
        lambda: app.get(f"{APP}/auth/email/verify", headers=session | {"X-Email-Verification-Key": "WRONG1"}),
        lambda: app.post(f"{APP}/auth/email/verify/resend", headers=session),
        lambda: client.post("/accounts/confirm-email/", {"code": "WRONG1"}),
        lambda: client.post("/accounts/confirm-email/", {"action": "resend"}),
    ):
        began = time.monotonic()
        ask()
        took.append(time.monotonic() - began)

    assert min(took) >= 0.2


def test_a_code_that_is_asked_for_too_often_holds_no_thread(settings: Any) -> None:
    signed_up = APIClient().post(f"{APP}/auth/signup", {"email": "new@example.com", "password": PASSWORD})
    session = {"X-Session-Token": signed_up.json()["meta"]["session_token"]}
    settings.SIGN_UP_SECONDS, began = 150, time.monotonic()

    answers = [APIClient().post(f"{APP}/auth/email/verify/resend", headers=session).status_code for _ in range(2)]

    assert answers == [429, 429]
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/accounts/signup/", 403),
        ("/_allauth/browser/v1/auth/signup", 403),
        (f"{APP}/auth/signup", 400),
        (f"{APP}/auth/provider/signup", 409),
    ],
)
def test_a_sign_up_that_is_refused_unread_holds_no_thread(settings: Any, address: str, status: int) -> None:
    settings.SIGN_UP_SECONDS = 30
    began = time.monotonic()

    answer = Client(enforce_csrf_checks=True).post(address, {}, content_type="application/json")

    assert answer.status_code == status
    assert time.monotonic() - began < 30


def test_a_sign_up_beyond_the_limit_holds_no_thread(settings: Any) -> None:
    settings.SIGN_UP_SECONDS = 0.1
    address, began = f"{APP}/auth/signup", time.monotonic()
    for _ in range(20):
        Client().post(address, {}, content_type="application/json")
    settings.SIGN_UP_SECONDS = 30

    answer = Client().post(address, {"email": "new@example.com"}, content_type="application/json")

    assert answer.status_code == 429
    assert time.monotonic() - began < 30

"""Registering, signing in, and coming back after a forgotten password, through the pages."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from apps.users.models import User
from contracts.users import AccountMailRequested, UserRegistered
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db
CODE = re.compile(r"^\s+([0-9]{6})\s*$", re.MULTILINE)


def test_who_registers_enters_the_code_of_the_mail_and_lands_on_the_dashboard(client: Client, published: Any) -> None:
    answer = client.post("/accounts/signup/", _form())
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/confirm-email/")
    assert client.get("/dashboard/")["Location"].startswith("/accounts/login/")

    answer = client.post("/accounts/confirm-email/", {"code": _code(published)})

    assert (answer.status_code, answer["Location"]) == (302, "/dashboard/")
    page = client.get("/dashboard/")
    assert page.status_code == 200
    assert "Hello, Ann" in page.content.decode()
    user = User.objects.get(email="ann@example.com")
    assert user.verified_at is not None
    assert [event for event in published() if isinstance(event, UserRegistered)] == [
        UserRegistered(version=1, user_id=user.id, email="ann@example.com", name="Ann")
    ]


def test_a_wrong_code_lets_nobody_in(client: Client, published: Any) -> None:
    client.post("/accounts/signup/", _form())

    answer = client.post("/accounts/confirm-email/", {"code": "000000"})

    assert answer.status_code == 200
    assert "Incorrect code" in answer.content.decode()
    assert client.get("/dashboard/").status_code == 302
    assert not EmailAddress.objects.get(email="ann@example.com").verified


def test_a_code_can_be_asked_for_again(client: Client, published: Any) -> None:
    client.post("/accounts/signup/", _form())
    first = _code(published)
    from django.core.cache import cache

    cache.clear()  # the limit of one code in ten seconds

    client.post("/accounts/confirm-email/", {"action": "resend"})

    assert len(_mails(published)) == 2
    assert _code(published) != first
    assert client.post("/accounts/confirm-email/", {"code": _code(published)})["Location"] == "/dashboard/"


def test_who_mistyped_the_address_starts_over_with_another(client: Client, published: Any) -> None:
    client.post("/accounts/signup/", _form() | {"email": "mistyped@example.com"})
    held = client.get("/accounts/signup/")
    assert held["Location"] == "/accounts/confirm-email/"
    page = client.get("/accounts/confirm-email/").content.decode()
    assert 'action="/accounts/logout/"' in page
    assert 'name="next" value="/accounts/login/"' in page

    left = client.post("/accounts/logout/", {"next": "/accounts/login/"})

    assert left["Location"] == "/accounts/login/"
    assert client.get("/accounts/login/").status_code == 200
    client.post("/accounts/signup/", _form())
    client.post("/accounts/confirm-email/", {"code": _code(published)})
    assert client.get("/dashboard/").status_code == 200


def test_signing_in_lands_on_the_dashboard(client: Client, verified: User) -> None:
    answer = client.post("/accounts/login/", {"login": "ANN@example.com", "password": PASSWORD})

    assert (answer.status_code, answer["Location"]) == (302, "/dashboard/")


@pytest.mark.parametrize("target", ["https://evil.test/", "//evil.test/", "javascript:alert(1)", "http:///evil.test"])
def test_signing_in_never_leads_to_another_site(client: Client, verified: User, target: str) -> None:
    answer = client.post("/accounts/login/", {"login": "ann@example.com", "password": PASSWORD, "next": target})

    assert (answer.status_code, answer["Location"]) == (302, "/dashboard/")


def test_signing_in_leads_back_to_where_one_wanted_to_go(client: Client, verified: User) -> None:
    wanted = client.get("/accounts/addresses/")["Location"]

    answer = client.post(wanted, {"login": "ann@example.com", "password": PASSWORD, "next": "/accounts/addresses/"})

    assert wanted == "/accounts/login/?next=/accounts/addresses/"
    assert answer["Location"] == "/accounts/addresses/"


def test_five_wrong_passwords_close_the_door_for_the_right_one_too(client: Client, verified: User) -> None:
    for _attempt in range(5):
        client.post("/accounts/login/", {"login": "ann@example.com", "password": "wrong-password"})

    answer = client.post("/accounts/login/", {"login": "ann@example.com", "password": PASSWORD})

    assert answer.status_code == 200
    assert "Too many failed login attempts" in answer.content.decode()


def test_registering_a_known_address_looks_the_same_and_tells_its_owner(
    client: Client, verified: User, published: Any
) -> None:
    answer = client.post("/accounts/signup/", _form(name="Mallory"))

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/confirm-email/")
    assert [event.subject_line for event in _mails(published)] == ["You have an account already"]
    assert User.objects.count() == 1


def test_a_reset_by_mail_gives_a_new_password_once_and_ends_other_sessions(
    client: Client, verified: User, published: Any
) -> None:
    elsewhere = Client()
    elsewhere.force_login(verified)
    client.post("/accounts/password/reset/", {"email": "ann@example.com"})
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", _mails(published)[-1].text)
    assert link is not None
    form_address = client.get(link[1])["Location"]

    answer = client.post(form_address, {"password1": "a-brand-new-word-9", "password2": "a-brand-new-word-9"})

    assert answer.status_code == 302
    verified.refresh_from_db()
    assert verified.check_password("a-brand-new-word-9")
    assert elsewhere.get("/dashboard/").status_code == 302
    assert "reset-key" not in client.get(link[1]).get("Location", "")


def test_two_sign_ups_with_one_address_at_once_make_one_account(
    client: Client, verified: User, published: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("allauth.account.internal.flows.manage_email.assess_unique_email", lambda *_, **__: True)

    answer = client.post("/accounts/signup/", _form())

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/confirm-email/")
    assert [event.subject_line for event in _mails(published)] == ["You have an account already"]
    assert User.objects.count() == 1


def test_the_address_changes_only_after_the_password_and_a_code(client: Client, verified: User, published: Any) -> None:
    client.post("/accounts/login/", {"login": "ann@example.com", "password": PASSWORD})
    asked = client.post("/accounts/email/", {"email": "new@example.com", "action_add": ""})
    assert asked["Location"].startswith("/accounts/reauthenticate/")

    client.post(asked["Location"], {"password": PASSWORD})
    client.post("/accounts/confirm-email/", {"code": _code(published)})

    verified.refresh_from_db()
    assert verified.email == "new@example.com"
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [("new@example.com", True, True)]
    assert [event.to for event in _mails(published) if "changed" in event.text] == ["ann@example.com"]


def test_signing_out_ends_the_session(client: Client, verified: User) -> None:
    client.force_login(verified)

    client.post("/accounts/logout/")

    assert client.get("/dashboard/").status_code == 302


def test_the_admin_has_no_door_of_its_own(client: Client, super_user: User, shopper: User) -> None:
    assert client.get("/admin/login/?next=/admin/")["Location"] == "/accounts/login/?next=%2Fadmin%2F"

    client.force_login(shopper)
    assert client.get("/admin/login/").status_code == 403

    client.force_login(super_user)
    assert client.get("/admin/").status_code == 200


def test_a_sign_up_sends_nothing_itself(client: Client, published: Any) -> None:
    client.post("/accounts/signup/", _form())

    assert mail.outbox == []
    assert [event.to for event in _mails(published)] == ["ann@example.com"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no-address"),
        ("email", f"{'a' * 250}@example.com"),
        ("email", "nul\x00@example.com"),
        ("password1", "12345678"),
        ("password1", "short"),
        ("password1", "ann@example.com"),
        ("name", "x" * 151),
        ("name", "nul\x00"),
    ],
)
def test_a_bad_sign_up_is_shown_again_with_what_was_typed(
    client: Client, field: str, value: str, published: Any
) -> None:
    values = _form() | {field: value} | ({"password2": value} if field == "password1" else {})

    answer = client.post("/accounts/signup/", values)

    assert answer.status_code == 200
    assert answer.context["form"].errors[field]
    assert User.objects.count() == 0
    assert published() == []


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/reauthenticate/",
        "/accounts/logout/",
        "/accounts/inactive/",
        "/accounts/profile/",
        "/accounts/addresses/new/",
    ],
)
def test_every_account_page_wears_the_shops_dress(client: Client, verified: User, path: str) -> None:
    client.force_login(verified)

    page = client.get(path)

    assert page.status_code == 200
    assert 'class="shop-header"' in page.content.decode()


def test_a_rate_limit_is_told_on_a_page_of_the_shop(client: Client) -> None:
    answers = [client.post("/accounts/signup/", _form() | {"email": "x"}) for _attempt in range(21)]

    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert "<h1" in answers[-1].content.decode()


@pytest.fixture
def verified(make_user: Any) -> User:
    user = make_user("ann@example.com")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def _form(name: str = "Ann") -> dict[str, str]:
    return {"name": name, "email": "ann@example.com", "password1": PASSWORD, "password2": PASSWORD}


def _mails(published: Any) -> list[AccountMailRequested]:
    return [event for event in published() if isinstance(event, AccountMailRequested)]


def _code(published: Any) -> str:
    found = CODE.search(_mails(published)[-1].text)
    assert found is not None
    return found[1]

"""Every step at the door is in the audit log, and no secret is."""

import base64
import hmac
import re
import struct
import time
from typing import Any

import orjson
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.db import DatabaseError
from django.test import Client
from rest_framework.test import APIClient

from apps.users.models import AuditEntry, User
from apps.users.rules import TOKEN_PREFIX
from contracts.users import AccountMailRequested
from integrations.authentication.tests.conftest import APP, ME, basic
from tests.fixtures import NOON, PASSWORD, sign_in_afresh

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


@pytest.fixture
def ann(make_user: Any) -> User:
    user: User = make_user("ann@example.com", verified_at=NOON)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def sign_in(client: Client, *, email: str = "ann@example.com", password: str = PASSWORD) -> None:
    client.post(LOGIN, {"login": email, "password": password})


def prove_again(client: Client) -> None:
    """A sign-in does not count: what guards the account changes after one more proof only."""
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def recorded() -> list[tuple[str, str, Any]]:
    entries = AuditEntry.objects.order_by("at", "id").values_list("action", "actor_label", "after")
    return [(action, label, orjson.loads(after or "{}")) for action, label, after in entries]


def actions() -> list[str]:
    return [action for action, *_rest in recorded()]


def code_for(secret: str, *, step: int = 0) -> str:
    """RFC 6238, by hand: an authenticator app of another maker."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30 + step), "sha1")
    offset = digest[-1] & 0xF
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def add_factor(client: Client) -> str:
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    found = re.search(r"\b[A-Z2-7]{32}\b", page)
    assert found is not None
    client.post("/accounts/2fa/totp/activate/", {"code": code_for(found[0], step=-1)})
    return found[0]


def test_signing_in_and_out_is_on_record(client: Client, ann: User) -> None:
    client.post(
        LOGIN,
        {"login": "ann@example.com", "password": PASSWORD},
        headers={"User-Agent": "Firefox", "X-Request-ID": "request-number-1"},
    )
    client.post("/accounts/logout/")

    assert recorded() == [
        ("signed_in", "ann@example.com", {"methods": ["password"]}),
        ("signed_out", "ann@example.com", {}),
    ]
    entry = AuditEntry.objects.get(action="signed_in")
    assert (entry.actor_id, entry.actor_role, entry.subject_kind, entry.subject_id) == (
        ann.id,
        "regular",
        "user",
        str(ann.id),
    )
    assert (entry.address, entry.user_agent, entry.request_id) == ("127.0.0.1", "Firefox", "request-number-1")


def test_failures_are_counted_with_the_address_that_was_tried_and_never_with_the_password(
    client: Client, ann: User
) -> None:
    for _ in range(3):
        sign_in(client, password="not-the-one-9")
    sign_in(client, email="Nobody@example.com", password="not-the-one-9")

    counted = AuditEntry.objects.order_by("actor_label").values_list("action", "actor_label", "count")
    assert list(counted) == [("sign_in_failed", "ann@example.com", 3), ("sign_in_failed", "nobody@example.com", 1)]
    assert "not-the-one" not in str(list(AuditEntry.objects.values()))


@pytest.mark.django_db(transaction=True)
def test_a_new_password_is_on_record_or_is_none(client: Client, ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in_afresh(client, ann)
    client.raise_request_exception = False

    def full(_entry: AuditEntry, **_options: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr(AuditEntry, "save", full)
    wish = {"oldpassword": PASSWORD, "password1": "a-lake-in-Lapland-9", "password2": "a-lake-in-Lapland-9"}

    assert client.post("/accounts/password/change/", wish).status_code in {500, 503}
    assert User.objects.get(id=ann.id).check_password(PASSWORD)


def test_guesses_at_the_old_password_where_it_is_changed_are_counted_in_pages_and_api(
    client: Client, ann: User
) -> None:
    sign_in_afresh(client, ann)
    wish = {"oldpassword": "not-the-one-9", "password1": "another-one-9", "password2": "another-one-9"}
    asked = {"current_password": "not-the-one-9", "new_password": "another-one-9"}

    client.post("/accounts/password/change/", wish)
    client.post("/_allauth/browser/v1/account/password/change", asked, content_type="application/json")

    entry = AuditEntry.objects.get(action="reauthentication_failed")
    assert (entry.actor_label, entry.count) == ("ann@example.com", 2)


@pytest.mark.parametrize(
    "typed", ["Some Pass Phrase!", "p@ss-word-7", f"{TOKEN_PREFIX}{'aB3' * 14}c", f"{TOKEN_PREFIX}x@b.se"]
)
def test_a_secret_in_the_place_of_the_name_is_never_on_record(client: Client, api: APIClient, typed: str) -> None:
    for _ in range(6):  # the sixth is locked out
        sign_in(client, email=typed, password="ann@example.com")
        api.post(f"{APP}/auth/login", {"email": typed, "password": "ann@example.com"})
        api.get(ME, headers=basic(typed, "ann@example.com"))
    client.post("/accounts/password/reset/", {"email": typed})

    labels = AuditEntry.objects.values_list("action", "actor_label")
    assert set(labels) == {("sign_in_failed", ""), ("locked_out", "")}
    assert typed.lower() not in str(list(AuditEntry.objects.values())).lower()


def test_whom_the_lock_out_turns_away_is_on_record(client: Client, ann: User) -> None:
    for _ in range(5):
        sign_in(client, password="not-the-one-9")

    sign_in(client)

    counted = AuditEntry.objects.order_by("action").values_list("action", "actor_label", "count")
    assert list(counted) == [("locked_out", "ann@example.com", 1), ("sign_in_failed", "ann@example.com", 5)]


def test_signing_up_and_a_wrong_code_are_on_record(client: Client, published: Any) -> None:
    new = {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD, "name": "New"}
    client.post("/accounts/signup/", new)
    client.post("/accounts/confirm-email/", {"code": "000000"})
    client.post("/accounts/confirm-email/", {"code": last_code(published)})

    assert recorded() == [
        ("signed_up", "new@example.com", {}),
        ("code_failed", "new@example.com", {"purpose": "email"}),
        ("email_confirmed", "new@example.com", {"email": "new@example.com"}),
        ("signed_in", "new@example.com", {"methods": []}),
    ]


def test_a_new_password_is_on_record_but_not_its_text(client: Client, ann: User) -> None:
    sign_in(client)
    new = {"oldpassword": PASSWORD, "password1": "another-battery-7", "password2": "another-battery-7"}

    client.post("/accounts/password/change/", new)

    assert "password_changed" in actions()
    assert "another-battery" not in str(list(AuditEntry.objects.values()))


def test_a_password_set_by_the_mail_is_on_record(client: Client, ann: User, published: Any) -> None:
    client.post("/accounts/password/reset/", {"email": ann.email})
    mails = [event for event in published() if isinstance(event, AccountMailRequested)]
    link = re.search(r"/accounts/password/reset/key/\S+", mails[-1].text)
    assert link is not None
    form = client.get(link[0], follow=True).redirect_chain[-1][0]

    client.post(form, {"password1": "another-battery-7", "password2": "another-battery-7"})

    assert actions() == ["password_reset"]


def test_a_change_of_address_names_both(client: Client, ann: User, published: Any) -> None:
    sign_in(client)
    prove_again(client)
    cache.clear()

    client.post("/accounts/email/", {"email": "anna@example.com", "action_add": ""})
    client.post("/accounts/confirm-email/", {"code": last_code(published)})

    changes = {"former": "ann@example.com", "email": "anna@example.com"}
    assert ("email_changed", "anna@example.com", changes) in recorded()


def test_a_factor_that_comes_fails_and_is_replaced_by_a_recovery_code_is_on_record(client: Client, ann: User) -> None:
    sign_in(client)
    prove_again(client)
    add_factor(client)
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    other = Client()
    AuditEntry.objects.get_queryset().delete()

    sign_in(other)
    other.post("/accounts/2fa/authenticate/", {"code": "000000"})
    other.post("/accounts/2fa/authenticate/", {"code": codes[0]})

    assert recorded() == [
        ("password_not_enough", "ann@example.com", {}),
        ("second_factor_failed", "ann@example.com", {"kind": "totp"}),
        ("recovery_code_used", "ann@example.com", {}),
        ("signed_in", "ann@example.com", {"methods": ["password", "mfa/recovery_codes"]}),
    ]


@pytest.mark.parametrize("door", ["page", "sign-in API", "basic"])
def test_a_right_password_that_waits_for_the_second_factor_is_on_record(ann: User, api: APIClient, door: str) -> None:
    Authenticator.objects.create(user=ann, type=Authenticator.Type.TOTP, data={"secret": "x"})

    for _ in range(2):
        if door == "page":
            sign_in(Client())
        elif door == "basic":
            api.get(ME, headers=basic(ann.email, PASSWORD))
        else:
            api.post(f"{APP}/auth/login", {"email": ann.email, "password": PASSWORD})

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_id, entry.count) == ("password_not_enough", ann.id, 2)
    assert (entry.actor_label, entry.address) == ("ann@example.com", "127.0.0.1")


def test_signing_out_everywhere_is_on_record(client: Client, ann: User) -> None:
    sign_in(client)

    client.post("/accounts/sessions/end/")

    entry = AuditEntry.objects.get(action="sessions_ended")
    assert (entry.actor_id, entry.actor_label) == (ann.id, "ann@example.com")
    assert (entry.subject_kind, entry.subject_id, entry.address) == ("user", str(ann.id), "127.0.0.1")


def test_factors_that_come_and_go_are_on_record(
    client: Client, ann: User, django_capture_on_commit_callbacks: Any
) -> None:
    sign_in(client)
    prove_again(client)
    AuditEntry.objects.get_queryset().delete()

    with django_capture_on_commit_callbacks(execute=True):
        add_factor(client)
    client.post("/accounts/2fa/totp/deactivate/")

    assert recorded() == [
        ("second_factor_added", "ann@example.com", {"kind": "totp"}),
        ("second_factor_added", "ann@example.com", {"kind": "recovery_codes"}),
        ("second_factor_removed", "ann@example.com", {"kind": "totp"}),
        ("second_factor_removed", "ann@example.com", {"kind": "recovery_codes"}),
    ]


def test_a_connection_to_another_company_that_ends_is_on_record(client: Client, ann: User, settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = {"github": {"APPS": [{"client_id": "shop", "secret": "s"}]}}
    account = SocialAccount.objects.create(user=ann, provider="github", uid="7")
    sign_in(client)
    prove_again(client)

    client.post("/accounts/3rdparty/", {"account": account.pk})

    assert recorded()[-1] == ("social_account_disconnected", "ann@example.com", {"provider": "github"})


def test_no_request_waits_for_the_chain(client: Client, ann: User, statements: Any) -> None:
    with statements() as ran:
        sign_in(client)

    written = [sql for sql in ran.sql if "users_auditentry" in sql]
    assert len(written) == 1
    assert written[0].startswith("INSERT")


def last_code(published: Any) -> str:
    mails = [event for event in published() if isinstance(event, AccountMailRequested)]
    found = re.search(r"^\s+([0-9]{6})\s*$", mails[-1].text, re.MULTILINE)
    assert found is not None
    return found[1]

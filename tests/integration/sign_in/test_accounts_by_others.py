"""Accounts that others vouch for: made once, never taken over, and guarded like every other."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.conf import LazySettings
from django.test import Client

from apps.users.models import User
from contracts.users import AccountMailRequested, UserRegistered
from tests.fixtures import PASSWORD
from tests.integration.sign_in.conftest import LOGIN
from tests.integration.sign_in.fake_provider import FakeProvider

pytestmark = pytest.mark.django_db
ComeBack = Callable[..., Any]
Published = Callable[[], list[Any]]
CONNECTIONS = "/accounts/3rdparty/"
CODE = re.compile(r"^\s+([0-9]{6})\s*$", re.MULTILINE)


@pytest.fixture
def ann(make_user: Callable[..., User], noon: Any) -> User:
    """Return an account with the provider's person's address, which proved it."""
    user = make_user("ann@example.com", verified_at=noon)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def mails(published: Published) -> list[AccountMailRequested]:
    return [event for event in published() if isinstance(event, AccountMailRequested)]


def registered(published: Published) -> list[UserRegistered]:
    return [event for event in published() if isinstance(event, UserRegistered)]


def is_signed_in(client: Client) -> bool:
    return client.get("/dashboard/").status_code == 200


def test_a_vouched_address_is_proven_and_the_account_is_announced_once(
    client: Client, come_back: ComeBack, published: Published
) -> None:
    come_back(client)
    client.logout()
    come_back(client)

    user = User.objects.get()
    assert is_signed_in(client)
    assert user.verified_at is not None
    assert EmailAddress.objects.get(user=user).verified
    assert registered(published) == [
        UserRegistered(version=1, user_id=user.id, email="ann@example.com", name="Ann Andersson")
    ]
    assert mails(published) == []


def test_a_name_from_elsewhere_is_one_line(client: Client, provider: FakeProvider, come_back: ComeBack) -> None:
    provider.person["name"] = "Ann\n\u2028\u2029\u202e\x85\0 Andersson"

    come_back(client)

    assert User.objects.get().name == "Ann Andersson"


@pytest.mark.parametrize("word", [False, None, "true", "false", 1])
def test_an_address_nobody_vouches_for_is_proven_by_a_code(
    client: Client, provider: FakeProvider, come_back: ComeBack, published: Published, word: Any
) -> None:
    provider.person["email_verified"] = word

    answer = come_back(client)

    assert answer["Location"] == "/accounts/confirm-email/"
    assert not is_signed_in(client)
    assert registered(published) == []
    code = CODE.search(mails(published)[0].text)
    assert code is not None
    assert client.post("/accounts/confirm-email/", {"code": code[1]})["Location"] == "/dashboard/"
    assert len(registered(published)) == 1


@pytest.mark.parametrize("is_vouched", [True, False])
def test_an_account_of_the_same_address_is_never_taken_over(
    client: Client, provider: FakeProvider, come_back: ComeBack, ann: User, published: Published, is_vouched: bool
) -> None:
    provider.person["email_verified"] = is_vouched

    answer = come_back(client)

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/confirm-email/")
    assert not is_signed_in(client)
    assert (User.objects.count(), SocialAccount.objects.count()) == (1, 0)
    assert [(mail.to, "There is an account with this address already" in mail.text) for mail in mails(published)] == [
        ("ann@example.com", True)
    ]


def test_a_known_address_and_a_new_one_get_the_same_answer(
    provider: FakeProvider, come_back: ComeBack, ann: User
) -> None:
    provider.person["email_verified"] = False
    known, new = Client(), Client()

    to_known = come_back(known)
    provider.person |= {"sub": "person-2", "email": "new@example.com"}
    to_new = come_back(new)

    pages = [client.get("/accounts/confirm-email/").content.decode() for client in (known, new)]
    pages = [re.sub(r'value="[A-Za-z0-9]{64}"', "", page) for page in pages]
    assert (to_known.status_code, to_known["Location"]) == (to_new.status_code, to_new["Location"])
    assert pages[0].replace("ann@example.com", "new@example.com") == pages[1]


def test_an_address_that_only_waits_for_its_proof_is_not_taken_over_either(
    client: Client, come_back: ComeBack, make_user: Callable[..., User]
) -> None:
    user = make_user("ann@example.com")
    EmailAddress.objects.create(user=user, email=user.email, verified=False, primary=True)

    come_back(client)

    assert not is_signed_in(client)
    assert not SocialAccount.objects.exists()


def test_who_registered_with_anothers_address_keeps_no_way_in_after_its_owner_resets_the_password(
    client: Client, provider: FakeProvider, come_back: ComeBack, published: Published
) -> None:
    provider.person["email_verified"] = False
    come_back(client)
    owner = Client()
    owner.post("/accounts/password/reset/", {"email": "ann@example.com"})
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", mails(published)[-1].text)
    assert link is not None
    form = owner.get(link[1])["Location"]

    owner.post(form, {"password1": PASSWORD, "password2": PASSWORD})

    assert User.objects.get().check_password(PASSWORD)
    assert not SocialAccount.objects.exists()
    come_back(client)
    assert not is_signed_in(client)


def test_a_second_factor_is_asked_for_here_whatever_the_provider_did(client: Client, come_back: ComeBack) -> None:
    come_back(client)
    TOTP.activate(User.objects.get(), generate_totp_secret())
    client.logout()

    answer = come_back(client)

    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert not is_signed_in(client)


def test_a_recovery_code_completes_a_sign_in_by_others(client: Client, come_back: ComeBack) -> None:
    come_back(client)
    user = User.objects.get()
    TOTP.activate(user, generate_totp_secret())
    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    client.logout()
    come_back(client)

    answer = client.post("/accounts/2fa/authenticate/", {"code": code})

    assert answer["Location"] == "/dashboard/"
    assert is_signed_in(client)


def test_an_account_that_is_switched_off_stays_out(client: Client, come_back: ComeBack) -> None:
    come_back(client)
    client.logout()
    user = User.objects.get()
    user.is_active = False
    user.save()

    answer = come_back(client)

    assert answer["Location"] == "/accounts/inactive/"
    assert "This account is switched off" in client.get("/accounts/inactive/").content.decode()
    assert not is_signed_in(client)


def test_staff_who_come_by_others_have_no_rights_without_a_second_factor(
    client: Client, come_back: ComeBack, settings: LazySettings
) -> None:
    settings.MFA_REQUIRED_FOR_STAFF = True
    come_back(client)
    user = User.objects.get()
    user.is_staff = True
    user.save()
    client.logout()

    come_back(client)

    assert is_signed_in(client)
    assert client.get("/office/")["Location"] == "/accounts/2fa/"
    assert client.get("/api/v1/users/").status_code == 403


def test_the_session_has_a_new_key_after_signing_in_by_others(client: Client, come_back: ComeBack) -> None:
    client.post(LOGIN)
    before = client.session.session_key

    come_back(client)

    assert client.session.session_key != before


def test_tokens_of_the_provider_are_not_kept(client: Client, come_back: ComeBack) -> None:
    come_back(client)

    assert is_signed_in(client)
    assert not SocialToken.objects.exists()
    assert "access-1" not in str(SocialAccount.objects.get().extra_data)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Ann\x00 \u202eAndersson\n", "Ann Andersson"),
        ("x" * 5000, "x" * 150),
        (["no", "text"], ""),
        ("<b>Ann</b>", "<b>Ann</b>"),
    ],
)
def test_a_name_is_kept_as_far_as_it_is_one(
    client: Client, provider: FakeProvider, come_back: ComeBack, said: Any, kept: str
) -> None:
    provider.person["name"] = said

    come_back(client)

    assert User.objects.get().name == kept
    assert "<b>Ann</b>" not in client.get("/dashboard/").content.decode()


def test_signs_that_no_database_keeps_do_not_stop_a_sign_in(
    client: Client, provider: FakeProvider, come_back: ComeBack
) -> None:
    provider.person |= {"note\x00": ["a\x00b", {"c": "d\ud800e"}], "count": 3}

    first = come_back(client)
    again = come_back(Client())

    assert (first["Location"], again["Location"]) == ("/dashboard/", "/dashboard/")
    told = SocialAccount.objects.get().extra_data["userinfo"]
    assert (told["note"], told["count"]) == (["ab", {"c": "de"}], 3)


@pytest.mark.parametrize("address", [None, "", "no address", ["ann@example.com"], "a" * 300 + "@example.com"])
def test_who_brings_no_address_is_asked_for_one_and_proves_it(
    client: Client, provider: FakeProvider, come_back: ComeBack, published: Published, address: Any
) -> None:
    provider.person["email"] = address

    answer = come_back(client)

    assert answer["Location"] == "/accounts/3rdparty/signup/"
    assert "did not tell us everything" in client.get("/accounts/3rdparty/signup/").content.decode()
    asked = client.post("/accounts/3rdparty/signup/", {"email": "new@example.com", "name": "Ann"})
    assert asked["Location"] == "/accounts/confirm-email/"
    assert not is_signed_in(client)
    assert registered(published) == []


def test_the_form_for_a_missing_address_does_not_say_who_has_an_account(
    client: Client, provider: FakeProvider, come_back: ComeBack, ann: User
) -> None:
    provider.person["email"] = None
    come_back(client)

    answer = client.post("/accounts/3rdparty/signup/", {"email": "ann@example.com", "name": "Ann"})

    assert answer["Location"] == "/accounts/confirm-email/"
    assert (User.objects.count(), SocialAccount.objects.count()) == (1, 0)


def sign_in_by_password(client: Client) -> None:
    assert client.post("/accounts/login/", {"login": "ann@example.com", "password": PASSWORD}).status_code == 302


def confirm_password(client: Client) -> Any:
    return client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def test_connecting_asks_for_the_password_first(client: Client, come_back: ComeBack, ann: User) -> None:
    sign_in_by_password(client)

    answer = come_back(client, login=f"{LOGIN}?process=connect")

    assert answer["Location"] == "/accounts/reauthenticate/"
    assert not SocialAccount.objects.exists()
    assert confirm_password(client)["Location"] == CONNECTIONS
    assert SocialAccount.objects.get().user == ann
    page = client.get(CONNECTIONS).content.decode()
    assert "Your account there is connected" in page
    assert "Remove" in page


def test_who_connected_signs_in_either_way(client: Client, come_back: ComeBack, ann: User) -> None:
    sign_in_by_password(client)
    come_back(client, login=f"{LOGIN}?process=connect")
    confirm_password(client)
    client.logout()

    come_back(client)

    assert is_signed_in(client)
    assert client.get("/dashboard/").wsgi_request.user == ann
    assert User.objects.count() == 1


def test_disconnecting_asks_for_the_password_first(
    client: Client, come_back: ComeBack, ann: User, published: Published
) -> None:
    sign_in_by_password(client)
    come_back(client, login=f"{LOGIN}?process=connect")
    confirm_password(client)
    client.logout()
    sign_in_by_password(client)
    form = {"account": str(SocialAccount.objects.get().pk)}

    answer = client.post(CONNECTIONS, form)

    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert SocialAccount.objects.exists()
    client.post(answer["Location"], {"password": PASSWORD})
    assert not SocialAccount.objects.exists()
    assert [mail.subject_line for mail in mails(published)] == ["Fake was connected", "Fake was disconnected"]


def test_the_last_way_in_is_not_closed(client: Client, come_back: ComeBack) -> None:
    come_back(client)

    answer = client.post(CONNECTIONS, {"account": str(SocialAccount.objects.get().pk)})

    assert "Your account has no password set up" in answer.content.decode()
    assert SocialAccount.objects.exists()


def test_a_provider_that_is_gone_is_no_way_in_and_breaks_no_page(
    client: Client, come_back: ComeBack, provider: FakeProvider
) -> None:
    come_back(client)
    SocialAccount.objects.create(user=User.objects.get(), provider="github", uid="1")

    page = client.get(CONNECTIONS)
    answer = client.post(CONNECTIONS, {"account": str(SocialAccount.objects.get(provider="sso").pk)})

    assert page.status_code == 200
    assert "Your account has no password set up" in answer.content.decode()
    assert SocialAccount.objects.count() == 2


def test_anothers_account_elsewhere_is_not_connected_nor_removed(
    client: Client, come_back: ComeBack, make_user: Callable[..., User], noon: Any, provider: FakeProvider
) -> None:
    come_back(Client())
    stranger = make_user("eve@example.com", verified_at=noon)
    EmailAddress.objects.create(user=stranger, email=stranger.email, verified=True, primary=True)
    client.post("/accounts/login/", {"login": stranger.email, "password": PASSWORD})
    account = SocialAccount.objects.get()

    removed = client.post(CONNECTIONS, {"account": str(account.pk)})
    come_back(client, login=f"{LOGIN}?process=connect")
    confirm_password(client)

    assert removed.status_code == 200
    assert "That account is connected to somebody else here already" in client.get(CONNECTIONS).content.decode()
    assert SocialAccount.objects.get().user == account.user


def test_a_row_in_the_database_sets_up_no_provider(client: Client, set_up: Callable[..., None]) -> None:
    set_up()
    SocialApp.objects.create(provider="google", name="Planted", client_id="planted", secret="planted")

    page = client.get("/accounts/login/")
    answer = client.post("/accounts/google/login/")

    assert "Planted" not in page.content.decode()
    assert answer.status_code == 404


def test_a_token_from_elsewhere_is_no_sign_in(client: Client, provider: FakeProvider) -> None:
    token = {"client_id": "the-shop", "id_token": provider.signed()}

    answer = client.post(
        "/_allauth/app/v1/auth/provider/token",
        {"provider": "sso", "process": "login", "token": token},
        content_type="application/json",
    )

    assert answer.status_code == 400
    assert not User.objects.exists()

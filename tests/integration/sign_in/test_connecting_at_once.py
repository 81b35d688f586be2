"""Connecting an account elsewhere while other things happen: no role comes back, and one person has it, who asked."""

from collections.abc import Callable
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.core.context import request_context
from allauth.socialaccount.forms import DisconnectForm
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.core.exceptions import ValidationError
from django.db import connections
from django.db.models.signals import post_init
from django.test import Client, RequestFactory

from apps.users.models import User
from tests.fixtures import PASSWORD
from tests.integration.sign_in.conftest import CALLBACK, LOGIN
from tests.integration.sign_in.fake_provider import FakeProvider

CONNECTIONS = "/accounts/3rdparty/"
WAIT = 1.0
"""In seconds: how long a sign-in stands still, so that somebody can overtake it."""

pytestmark = pytest.mark.django_db


def test_a_role_that_was_taken_away_since_the_request_began_stays_away(
    make_user: Callable[..., User], provider: FakeProvider
) -> None:
    as_read = make_user("ann@example.com", is_staff=True)
    User.objects.filter(id=as_read.id).update(is_staff=False)
    request = RequestFactory().get("/")
    request.user = as_read

    with request_context(request):
        login = SocialLogin(user=as_read, account=SocialAccount(provider="sso", uid="one"))
        login.connect(request, as_read)

    assert SocialAccount.objects.get().user == as_read
    assert not User.objects.get(id=as_read.id).is_staff


def test_who_connects_what_somebody_else_connected_a_moment_before_is_told_so(
    make_user: Callable[..., User], provider: FakeProvider
) -> None:
    first, second = make_user("first@example.com"), make_user("second@example.com")
    SocialAccount.objects.create(user=first, provider="sso", uid="one")
    late = SocialLogin(user=second, account=SocialAccount(provider="sso", uid="one"))

    with pytest.raises(ValidationError):  # django-allauth answers it on the page of connected accounts
        late.connect(RequestFactory().get("/"), second)

    assert SocialAccount.objects.get().user == first


def test_what_was_begun_before_the_sign_in_connects_nothing_to_who_signed_in(
    client: Client, make_user: Callable[..., User], provider: FakeProvider
) -> None:
    victim = make_user("victim@example.com")
    sent = client.post(f"{LOGIN}?process=connect")
    told = provider.authorize(sent["Location"])

    client.force_login(victim)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    answer = client.get(f"{CALLBACK}?{urlencode(told)}")

    assert answer.status_code == 401
    assert not SocialAccount.objects.exists()


def test_nor_does_what_was_begun_at_github(
    client: Client, make_user: Callable[..., User], github: FakeProvider
) -> None:
    victim = make_user("victim@example.com")
    sent = client.post("/accounts/github/login/?process=connect")
    told = github.authorize(sent["Location"])

    client.force_login(victim)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    answer = client.get(f"/accounts/github/login/callback/?{urlencode(told)}")

    assert answer.status_code == 401
    assert not SocialAccount.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_disconnected_while_it_signs_in_does_not_come_back(
    make_user: Callable[..., User], provider: FakeProvider, rf: RequestFactory
) -> None:
    SocialAccount.objects.create(user=make_user("ann@example.com"), provider="sso", uid="one")
    login = SocialLogin(user=User(), account=SocialAccount(provider="sso", uid="one"))

    def disconnect() -> None:
        SocialAccount.objects.filter(uid="one").delete()
        connections.close_all()

    deleting = Thread(target=disconnect)

    def another_is_faster(**_: Any) -> None:
        post_init.disconnect(another_is_faster, sender=SocialAccount)
        deleting.start()
        deleting.join(WAIT)

    post_init.connect(another_is_faster, sender=SocialAccount)
    with request_context(rf.get("/")):
        login.lookup()
    deleting.join(10)

    assert not SocialAccount.objects.exists()


def test_who_signs_in_again_is_known_and_what_the_provider_tells_now_is_kept(
    make_user: Callable[..., User], provider: FakeProvider, rf: RequestFactory
) -> None:
    ann = make_user("ann@example.com")
    SocialAccount.objects.create(user=ann, provider="sso", uid="one", extra_data={"told": "once"})
    login = SocialLogin(user=User(), account=SocialAccount(provider="sso", uid="one", extra_data={"told": "anew"}))

    with request_context(rf.get("/")):
        login.lookup()

    assert login.user == ann
    assert SocialAccount.objects.get().extra_data == {"told": "anew"}


def test_of_the_last_two_ways_in_that_are_closed_at_the_same_moment_one_stays(
    client: Client, come_back: Callable[..., Any], set_up: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    come_back(client)
    set_up(GITHUB_CLIENT_ID="github-id", GITHUB_CLIENT_SECRET="github-secret")
    SocialAccount.objects.create(user=User.objects.get(), provider="github", uid="1")
    account = SocialAccount.objects.get(provider="sso")
    save = DisconnectForm.save

    def another_is_faster(form: DisconnectForm) -> None:
        SocialAccount.objects.exclude(pk=account.pk).delete()
        save(form)

    monkeypatch.setattr(DisconnectForm, "save", another_is_faster)
    answer = client.post(CONNECTIONS, {"account": str(account.pk)})

    assert answer["Location"] == CONNECTIONS
    assert "Your account has no password set up" in client.get(CONNECTIONS).content.decode()
    assert SocialAccount.objects.get() == account

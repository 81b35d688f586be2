"""People see where they are signed in, and end it; tokens end with their session."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from rest_framework.test import APIClient

from apps.users.models import User
from apps.users.services.sessions import forget_expired_sessions
from contracts.users import AccountMailRequested
from integrations.authentication.tests.conftest import APP, ME, SignedIn, bearer
from kernel import clock
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], SignedIn]
LIST = "/accounts/sessions/"


@pytest.fixture
def browser(proven: User) -> Client:
    """Return a browser in which the shopper is signed in."""
    client = Client(headers={"User-Agent": "Netscape <b>4</b>"})
    assert client.post("/accounts/login/", {"login": proven.email, "password": PASSWORD}).status_code == 302
    return client


def refreshed(api: APIClient, token: str) -> int:
    return api.post(f"{APP}/tokens/refresh", {"refresh_token": token}).status_code


def test_the_page_lists_every_session_and_marks_ones_own(browser: Client, sign_in: SignIn, proven: User) -> None:
    sign_in(proven)

    page = browser.get(LIST).content.decode()

    assert page.count("127.0.0.1") == 2
    assert "Netscape &lt;b&gt;4&lt;/b&gt;" in page
    assert page.count("This one") == 1
    assert page.count("End this session") == 1


def test_the_profile_leads_to_the_sessions(browser: Client) -> None:
    assert f'href="{LIST}"' in browser.get("/accounts/profile/").content.decode()


def test_a_session_that_is_ended_on_the_page_takes_its_tokens_along(
    api: APIClient, browser: Client, sign_in: SignIn, proven: User
) -> None:
    stolen, kept = sign_in(proven), sign_in(proven)
    row = UserSession.objects.get(session_key=stolen.session_token)

    answer = browser.post(f"{LIST}{row.id}/end/")

    assert answer.headers["Location"] == LIST
    assert api.get(ME, headers=bearer(stolen.access)).status_code == 401
    assert refreshed(api, stolen.refresh) == 400
    assert api.get(ME, headers=bearer(kept.access)).status_code == 200
    assert browser.get("/dashboard/").status_code == 200


def test_nobody_ends_anothers_session(
    api: APIClient, browser: Client, sign_in: SignIn, other_shopper: User, proven: User
) -> None:
    tokens = sign_in(other_shopper)
    row = UserSession.objects.get(session_key=tokens.session_token)

    for number in (row.id, 0, 10**30):
        assert browser.post(f"{LIST}{number}/end/").status_code == 404

    assert api.get(ME, headers=bearer(tokens.access)).status_code == 200


def test_ones_own_session_is_ended_by_signing_out(browser: Client) -> None:
    row = UserSession.objects.get(session_key=browser.session.session_key)

    assert browser.post(f"{LIST}{row.id}/end/").headers["Location"] == "/accounts/logout/"

    assert browser.get("/dashboard/").status_code == 200


def test_a_session_is_ended_by_a_form_only(browser: Client, proven: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(proven)
    row = UserSession.objects.get(session_key=browser.session.session_key)

    assert strict.post(f"{LIST}{row.id}/end/").status_code == 403
    assert browser.get(f"{LIST}{row.id}/end/").status_code == 405


def test_signing_out_everywhere_leaves_this_browser_alone(
    api: APIClient, browser: Client, sign_in: SignIn, proven: User
) -> None:
    tokens = sign_in(proven)

    answer = browser.post("/accounts/sessions/end/")

    assert answer.headers["Location"] == LIST
    assert api.get(ME, headers=bearer(tokens.access)).status_code == 401
    assert api.get(ME, headers={"X-Session-Token": tokens.session_token}).status_code == 401
    assert refreshed(api, tokens.refresh) == 400
    page = browser.get(LIST).content.decode()
    assert (page.count("127.0.0.1"), page.count("This one")) == (1, 1)


def test_the_sign_in_api_lists_and_ends_sessions(api: APIClient, sign_in: SignIn, shopper: User) -> None:
    here, there = sign_in(shopper), sign_in(shopper)
    listed = api.get(f"{APP}/auth/sessions", headers=bearer(here.access)).json()["data"]
    other = next(row["id"] for row in listed if not row["is_current"])

    answer = api.delete(f"{APP}/auth/sessions", {"sessions": [other]}, headers=bearer(here.access))

    assert len(listed) == 2
    assert [row["is_current"] for row in answer.json()["data"]] == [True]
    assert api.get(ME, headers=bearer(there.access)).status_code == 401
    assert refreshed(api, there.refresh) == 400
    assert refreshed(api, here.refresh) == 200


@pytest.mark.parametrize("asked", [[0], ["x"], [10**30], [[1]], [None], "x", 7, None, [{"a": 1}], ["\x00"]])
def test_sessions_that_are_none_are_refused(api: APIClient, sign_in: SignIn, shopper: User, asked: Any) -> None:
    token = sign_in(shopper).access

    assert api.delete(f"{APP}/auth/sessions", {"sessions": asked}, headers=bearer(token)).status_code == 400
    assert api.get(ME, headers=bearer(token)).status_code == 200


def test_nobody_ends_anothers_session_by_the_api(
    api: APIClient, sign_in: SignIn, shopper: User, other_shopper: User
) -> None:
    mine, other = sign_in(shopper), sign_in(other_shopper)
    row = UserSession.objects.get(session_key=other.session_token)

    answer = api.delete(f"{APP}/auth/sessions", {"sessions": [row.id]}, headers=bearer(mine.access))

    assert answer.status_code == 400
    assert api.get(ME, headers=bearer(other.access)).status_code == 200


def test_a_reset_password_ends_every_session(
    api: APIClient, browser: Client, sign_in: SignIn, proven: User, published: Any
) -> None:
    tokens = sign_in(proven)
    api.post(f"{APP}/auth/password/request", {"email": proven.email})
    mail = next(event for event in reversed(published()) if isinstance(event, AccountMailRequested))
    found = re.search(r"/password/reset/key/([^/\s]+)", mail.text)
    assert found is not None

    answer = api.post(f"{APP}/auth/password/reset", {"key": found[1], "password": "another-good-horse-2"})

    assert answer.status_code in {200, 401}
    assert api.get(ME, headers=bearer(tokens.access)).status_code == 401
    assert refreshed(api, tokens.refresh) == 400
    assert browser.get("/dashboard/").status_code == 302


def test_a_changed_password_ends_every_other_session(
    api: APIClient, browser: Client, sign_in: SignIn, proven: User
) -> None:
    tokens, new = sign_in(proven), "another-good-horse-2"

    browser.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert api.get(ME, headers=bearer(tokens.access)).status_code == 401
    assert browser.get("/dashboard/").status_code == 200


def test_where_somebody_was_signed_in_is_forgotten_with_the_session(sign_in: SignIn, shopper: User) -> None:
    old, new = sign_in(shopper), sign_in(shopper)
    Session.objects.filter(session_key=old.session_token).update(expire_date=clock.now() - timedelta(days=1))

    forget_expired_sessions()

    assert [row.session_key for row in UserSession.objects.all()] == [new.session_token]


@pytest.mark.parametrize("way", ["cookie", "session token"])
def test_a_session_costs_two_statements(
    api: APIClient, browser: Client, sign_in: SignIn, proven: User, statements: Any, way: str
) -> None:
    client: Any = browser if way == "cookie" else api
    headers = {} if way == "cookie" else {"X-Session-Token": sign_in(proven).session_token}

    with statements() as ran:
        assert client.get(ME, headers=headers).status_code == 200

    assert len(ran) == 2, ran

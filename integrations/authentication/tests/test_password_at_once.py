"""A password is replaced while something else happens to the account: a link works once, and nothing comes back."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from allauth.core.context import request_context
from django.contrib.auth.models import AnonymousUser
from django.db import connections
from django.test import RequestFactory
from rest_framework.test import APIClient

from apps.users.models import User
from apps.users.services.accounts import change_user_by_staff
from contracts.users import AccountMailRequested
from integrations.authentication.adapter import AccountAdapter
from integrations.authentication.tests.conftest import APP, SignedIn
from kernel.actors import SYSTEM, Role
from tests.fixtures import NOON, PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 5
NEW = "another-horse-battery-{}"


def link_key(published: Callable[[], list[Any]]) -> str:
    mail = [event for event in published() if isinstance(event, AccountMailRequested)][-1]
    found = re.search(r"/password/reset/key/([^/\s]+)/", mail.text)
    assert found is not None
    return found[1]


def at_once(work: Callable[[int], int]) -> list[int]:
    barrier = Barrier(CLIENTS)

    def run(number: int) -> int:
        barrier.wait()
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sorted(pool.map(run, range(CLIENTS)))


def test_of_many_who_use_one_reset_link_at_once_one_chooses_the_password(
    api: APIClient, proven: User, published: Callable[[], list[Any]]
) -> None:
    api.post(f"{APP}/auth/password/request", {"email": proven.email})
    key = link_key(published)

    def reset(number: int) -> int:
        body = {"key": key, "password": NEW.format(number)}
        return APIClient().post(f"{APP}/auth/password/reset", body).status_code

    answers = at_once(reset)

    assert answers.count(401) == 1, answers  # done, and nobody is signed in by it
    assert set(answers) <= {400, 401, 409}


def test_a_new_password_brings_no_role_back_that_was_taken_away_meanwhile(
    staff: User, super_user: User, rf: RequestFactory
) -> None:
    as_it_was = User.objects.get(id=staff.id)
    request = rf.post("/accounts/password/reset/key/")
    request.user = AnonymousUser()
    change_user_by_staff(user_id=staff.id, role=Role.REGULAR, is_active=False, actor=SYSTEM, now=NOON)

    with request_context(request):
        AccountAdapter().set_password(as_it_was, NEW)

    staff.refresh_from_db()
    assert (staff.is_staff, staff.is_active, staff.session_generation) == (False, False, 1)
    assert staff.check_password(NEW)


def test_after_a_password_change_the_app_goes_on_with_the_session_it_is_given_and_all_else_ends(
    api: APIClient, sign_in: Callable[[User], SignedIn], shopper: User
) -> None:
    other, app = sign_in(shopper), sign_in(shopper)
    api.logout()
    bearer = {"Authorization": f"Bearer {app.access}"}

    changed = api.post(
        f"{APP}/account/password/change", {"current_password": PASSWORD, "new_password": NEW}, headers=bearer
    )

    given = {"X-Session-Token": changed.json()["meta"]["session_token"]}
    assert changed.status_code == 200
    assert api.get("/api/v1/users/me/", headers=given).json()["email"] == shopper.email
    for old in (
        bearer,
        {"X-Session-Token": app.session_token},
        {"X-Session-Token": other.session_token},
        {"Authorization": f"Bearer {other.access}"},
    ):
        assert api.get("/api/v1/users/me/", headers=old).status_code == 401
    for refresh in (app.refresh, other.refresh):
        assert api.post(f"{APP}/tokens/refresh", {"refresh_token": refresh}).status_code == 400
    again = api.post(f"{APP}/auth/login", {"email": shopper.email, "password": NEW}).json()["meta"]
    assert (
        api.get("/api/v1/users/me/", headers={"Authorization": f"Bearer {again['access_token']}"}).json()["email"]
        == shopper.email
    )

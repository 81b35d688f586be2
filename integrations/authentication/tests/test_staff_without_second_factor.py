"""Where staff needs a second factor, an admin or a group's member without one is a customer, at every door."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.users.models import User
from apps.users.services.second_factor import prove_phone
from integrations.authentication.claims import role_claims
from integrations.authentication.tests.authenticator_app import set_up_app
from kernel.actors import Role

pytestmark = pytest.mark.django_db
SECOND_FACTOR = "/accounts/2fa/"


@pytest.fixture(autouse=True)
def _needed(settings: Any) -> None:
    settings.MFA_REQUIRED_FOR_STAFF = True


@pytest.fixture(params=["admin", "super user", "member of a group"])
def worker(request: pytest.FixtureRequest, make_user: Callable[..., User]) -> User:
    kinds: dict[str, dict[str, Any]] = {
        "admin": {"is_staff": True},
        "super user": {"is_staff": True, "is_superuser": True},
        "member of a group": {"granted_rights": "customers orders"},
    }
    return make_user("worker@example.com", **kinds[request.param])


def again(user: User) -> User:
    """Return the account as the next request finds it."""
    return User.objects.get(id=user.id)


def test_permissions_wait(worker: User) -> None:
    assert not worker.has_perm("users.view_user")
    assert not worker.has_perm("users.change_user")
    assert not worker.has_module_perms("users")
    assert (worker.role, worker.rights, worker.privileged) == (Role.REGULAR, frozenset(), False)


def test_the_claims_of_tokens_are_a_customers(worker: User) -> None:
    claims = role_claims(worker)

    assert claims["role"] == "regular"
    assert not claims.get("rights")


def test_the_api_treats_staff_as_a_customer(api: APIClient, worker: User, shopper: User) -> None:
    api.force_login(worker)

    assert api.get("/api/v1/users/").status_code == 403
    assert api.get(f"/api/v1/users/{shopper.id}/").status_code in {403, 404}
    assert api.get("/api/v1/orders/").json()["results"] == []
    assert api.get("/api/v1/users/me/").json()["role"] == "regular"


@pytest.mark.parametrize("page", ["/office/", "/office/customers/", "/office/orders/"])
def test_the_back_office_leads_to_where_a_factor_is_set_up(client: Client, worker: User, page: str) -> None:
    client.force_login(worker)

    answer = client.get(page)

    assert (answer.status_code, answer.headers["Location"]) == (302, SECOND_FACTOR)
    assert client.post(page).status_code in {403, 405}


def test_the_second_factors_page_and_the_dashboard_say_why(client: Client, worker: User, shopper: User) -> None:
    client.force_login(worker)
    assert "Set up a second factor to work in the back office." in client.get(SECOND_FACTOR).content.decode()
    assert "wait for a second factor" in client.get("/dashboard/").content.decode()

    client.force_login(shopper)
    assert "back office" not in client.get(SECOND_FACTOR).content.decode()
    assert "wait for a second factor" not in client.get("/dashboard/").content.decode()


def test_djangos_admin_leads_there_too_and_takes_nothing(client: Client, make_user: Callable[..., User]) -> None:
    client.force_login(make_user("root@example.com", is_staff=True, is_superuser=True))

    for page in ("/admin/", "/admin/users/user/", "/admin/login/"):
        assert client.get(page, follow=True).redirect_chain[-1] == (SECOND_FACTOR, 302), page
    assert client.post("/admin/users/user/add/").status_code in {302, 403}
    assert User.objects.count() == 1


@pytest.mark.parametrize("factor", ["app", "phone"])
def test_with_a_factor_the_rights_are_back(client: Client, worker: User, noon: datetime, factor: str) -> None:
    if factor == "app":
        set_up_app(worker)
    else:
        prove_phone(user=worker, phone="+46701234567", now=noon)
    guarded = again(worker)
    client.force_login(guarded)

    assert guarded.privileged
    assert client.get("/office/").status_code == 200


def test_where_it_is_not_needed_nobody_is_asked(client: Client, worker: User, settings: Any) -> None:
    settings.MFA_REQUIRED_FOR_STAFF = False
    client.force_login(worker)

    assert client.get("/office/").status_code == 200
    assert "Set up a second factor to work" not in client.get(SECOND_FACTOR).content.decode()

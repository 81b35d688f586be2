"""The back office's pages of customers: who is found, who may change whom."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from apps.users.models import User
from apps.users.tests.factories import AddressFactory, UserFactory
from contracts.orders import CustomerFigures
from kernel.money import Money
from tests.fixtures import NOON, sign_in_afresh

pytestmark = pytest.mark.django_db

CUSTOMERS = "/office/customers/"


@pytest.fixture
def office(client: Client, staff: User) -> Client:
    """Return a client that an admin has signed in."""
    sign_in_afresh(client, staff)
    return client


@pytest.fixture
def chief(client: Client, super_user: User) -> Client:
    """Return a client that a super user has signed in."""
    sign_in_afresh(client, super_user)
    return client


def test_only_staff_may_enter(client: Client, shopper: User) -> None:
    stranger = client.get(CUSTOMERS)
    sign_in_afresh(client, shopper)

    assert (stranger.status_code, stranger["Location"]) == (302, f"/accounts/login/?next={CUSTOMERS}")
    assert client.get(CUSTOMERS).status_code == 403
    assert client.get(f"{CUSTOMERS}{shopper.id}/").status_code == 403


def test_people_are_found_with_what_they_bought(office: Client, shopper: User, monkeypatch: pytest.MonkeyPatch) -> None:
    UserFactory(name="Grace", is_active=False)
    asked: list[list[UUID]] = []

    def figures(_self: object, *, customer_ids: list[UUID]) -> list[CustomerFigures]:
        asked.append(customer_ids)
        found = CustomerFigures(customer_id=shopper.id, order_count=3, total=Money(1234, "EUR"), last_order_at=NOON)
        return [found] if shopper.id in customer_ids else []

    monkeypatch.setattr("apps.orders.facade.Facade.figures", figures)

    bought = office.get(CUSTOMERS, {"q": "SHOPPER"})
    switched_off = office.get(CUSTOMERS, {"tab": "off"})

    assert [row.user.email for row in bought.context["rows"]] == ["shopper@example.com"]
    assert "€12.34" in bought.content.decode()
    assert [row.user.name for row in switched_off.context["rows"]] == ["Grace"]
    assert len(asked) == 2


@pytest.mark.parametrize("query", ["tab=some", "cursor=damaged", "q=a%00b"])
def test_a_filter_without_meaning_is_refused_on_the_page(office: Client, query: str) -> None:
    assert office.get(f"{CUSTOMERS}?{query}").status_code == 400


def test_the_list_is_paged_and_costs_the_same_however_long(office: Client, statements: Callable[..., Any]) -> None:
    office.get(CUSTOMERS)
    with statements() as few:
        office.get(CUSTOMERS)
    UserFactory.create_batch(30)
    with statements() as many:
        first = office.get(CUSTOMERS)
    second = office.get(first.context["page"].next_url)

    assert len(few) == len(many)
    assert (len(first.context["rows"]), len(second.context["rows"])) == (25, 6)


def test_a_customer_is_shown_with_addresses_and_without_a_role_to_give(office: Client, shopper: User) -> None:
    AddressFactory(user=shopper, line1="Lane <1>")

    answer = office.get(f"{CUSTOMERS}{shopper.id}/")

    assert answer.status_code == 200
    assert "Lane &lt;1&gt;" in answer.content.decode()
    assert (answer.context["may_change"], answer.context["may_give_role"]) == (True, False)
    assert office.get(f"{CUSTOMERS}{uuid4()}/").status_code == 404


def test_an_account_is_switched_off_and_on(office: Client, shopper: User) -> None:
    office.post(f"{CUSTOMERS}{shopper.id}/switch/", {"active": "no"})
    switched_off = User.objects.get(id=shopper.id)
    office.post(f"{CUSTOMERS}{shopper.id}/switch/", {"active": "yes"})

    assert switched_off.is_active is False
    assert switched_off.session_generation == 1
    assert User.objects.get(id=shopper.id).is_active is True


def test_a_person_is_signed_out_everywhere(office: Client, shopper: User) -> None:
    office.post(f"{CUSTOMERS}{shopper.id}/sign-out/")

    assert User.objects.get(id=shopper.id).session_generation == 1


def test_an_admin_neither_changes_staff_nor_gives_roles(office: Client, shopper: User, super_user: User) -> None:
    page = office.get(f"{CUSTOMERS}{super_user.id}/")
    refused = office.post(f"{CUSTOMERS}{super_user.id}/switch/", {"active": "no"}, follow=True)
    role = office.post(f"{CUSTOMERS}{shopper.id}/role/", {"role": "admin"})

    assert page.context["may_change"] is False
    assert "You may not change this account." in refused.content.decode()
    assert User.objects.get(id=super_user.id).is_active is True
    assert role.status_code == 403
    assert User.objects.get(id=shopper.id).is_staff is False


def test_a_super_user_gives_roles_but_not_to_himself(chief: Client, shopper: User, super_user: User) -> None:
    given = chief.post(f"{CUSTOMERS}{shopper.id}/role/", {"role": "admin"})
    own = chief.post(f"{CUSTOMERS}{super_user.id}/role/", {"role": "regular"})
    unknown = chief.post(f"{CUSTOMERS}{shopper.id}/role/", {"role": "king"})

    assert (given.status_code, own.status_code, unknown.status_code) == (302, 422, 422)
    assert User.objects.get(id=shopper.id).is_staff is True
    assert User.objects.get(id=super_user.id).is_superuser is True

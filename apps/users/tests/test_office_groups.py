"""The back office's pages of the staff: groups are made, filled and changed, and one's own is only looked at."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.users.models import PermissionGroup, User
from apps.users.tests.factories import GroupFactory, UserFactory
from tests.fixtures import sign_in_afresh

pytestmark = pytest.mark.django_db
STAFF = "/office/staff/"


@pytest.fixture
def office(client: Client, staff: User) -> Client:
    """Return a client that an admin has signed in."""
    sign_in_afresh(client, staff)
    return client


def test_a_shop_without_groups_is_told_what_they_are_for(office: Client) -> None:
    assert "No groups yet" in office.get(STAFF).content.decode()


def test_a_group_is_made_filled_and_listed_in_words(office: Client, shopper: User) -> None:
    made = office.post(f"{STAFF}new/", {"name": "Packers <1>", "rights": ["orders", "refunds"]})
    group = PermissionGroup.objects.get()
    added = office.post(f"{STAFF}{group.id}/members/", {"email": " SHOPPER@example.com"})
    listed = office.get(STAFF).content.decode()
    page = office.get(made["Location"]).content.decode()

    assert (made.status_code, made["Location"], added.status_code) == (302, f"{STAFF}{group.id}/", 302)
    assert "Packers &lt;1&gt;" in listed
    assert "Orders," in listed
    assert "shopper@example.com" in page
    assert User.objects.get(id=shopper.id).granted_rights == "orders refunds"
    assert "Packers &lt;1&gt;" in office.get(f"/office/customers/{shopper.id}/").content.decode()


def test_a_group_is_changed_a_member_taken_out_and_the_group_deleted(office: Client, shopper: User) -> None:
    group = GroupFactory(name="Packers", rights="orders")
    office.post(f"{STAFF}{group.id}/members/", {"email": shopper.email})

    office.post(f"{STAFF}{group.id}/", {"name": "Editors", "rights": ["catalogue"]})
    changed = User.objects.get(id=shopper.id).granted_rights
    office.post(f"{STAFF}{group.id}/members/{shopper.id}/remove/")
    left = User.objects.get(id=shopper.id).granted_rights
    office.post(f"{STAFF}{group.id}/delete/")

    assert (changed, left) == ("catalogue", None)
    assert not PermissionGroup.objects.exists()


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("new/", {"name": "PACKERS", "rights": []}, "A group with this name exists."),
        ("new/", {"name": "", "rights": []}, "This field is required."),
        ("new/", {"name": "a", "rights": ["everything"]}, "Select a valid choice."),
        ("{id}/", {"name": "x" * 81}, "at most 80 characters"),
        ("{id}/members/", {"email": "nobody@example.com"}, "Nobody has an account with this address."),
        ("{id}/members/", {"email": "super@exämple.com"}, "Nobody has an account with this address."),
        ("{id}/members/", {"email": "super@example.com"}, "You may not change this account."),
        ("{id}/members/", {"email": "admin@example.com"}, "Nobody puts himself into a group"),
    ],
)
def test_what_is_refused_is_said_on_the_page(
    office: Client, super_user: User, path: str, body: dict[str, Any], said: str
) -> None:
    group = GroupFactory(name="Packers")

    answer = office.post(f"{STAFF}{path.format(id=group.id)}", body)

    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_one_is_offered_only_rights_that_one_holds(client: Client, make_user: Callable[..., Any]) -> None:
    sign_in_afresh(client, make_user("chief@example.com", granted_rights="catalogue staff"))

    form = client.get(f"{STAFF}new/").context["form"]
    refused = client.post(f"{STAFF}new/", {"name": "More", "rights": ["refunds"]})

    assert [value for value, _ in form.fields["rights"].choices] == ["catalogue", "staff"]
    assert refused.status_code == 422
    assert not PermissionGroup.objects.exists()


def test_a_group_of_ones_own_or_beyond_one_is_only_looked_at(client: Client, make_user: Callable[..., Any]) -> None:
    chief = make_user("chief@example.com", granted_rights="catalogue staff")
    own, beyond = GroupFactory(rights="catalogue staff"), GroupFactory(rights="orders")
    own.members.add(chief)
    sign_in_afresh(client, chief)

    for group in (own, beyond):
        page = client.get(f"{STAFF}{group.id}/")
        client.post(f"{STAFF}{group.id}/", {"name": "Mine", "rights": ["catalogue"]})
        client.post(f"{STAFF}{group.id}/members/{chief.id}/remove/")
        client.post(f"{STAFF}{group.id}/delete/")

        assert page.context["may_change"] is False
        assert "Delete this group" not in page.content.decode()

    assert set(PermissionGroup.objects.values_list("rights", flat=True)) == {"catalogue staff", "orders"}
    assert list(own.members.all()) == [chief]


def test_the_members_are_paged(office: Client) -> None:
    group = GroupFactory()
    group.members.set(UserFactory.create_batch(30))

    first = office.get(f"{STAFF}{group.id}/")
    second = office.get(first.context["page"].next_url)
    damaged = office.get(f"{STAFF}{group.id}/?cursor=damaged")

    assert (len(first.context["page"].results), len(second.context["page"].results)) == (25, 5)
    assert damaged.status_code == 302

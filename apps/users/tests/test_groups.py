"""Permission groups: what they give begins and ends with them, and nobody makes himself or others more than he is."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.users import rules, selectors
from apps.users.models import PermissionGroup, User
from apps.users.services import groups
from apps.users.tests.factories import GroupFactory, UserFactory
from contracts.rights import SCOPES, Right
from kernel.actors import Actor, Role
from kernel.http.principals import Grant
from kernel.ids import uuid7
from tests.fixtures import sign_in_afresh

pytestmark = pytest.mark.django_db
GROUPS = "/api/v1/groups/"


@pytest.fixture
def admin(api: APIClient, staff: User) -> APIClient:
    """Return a client that an admin has signed in."""
    sign_in_afresh(api, staff)
    return api


@pytest.fixture
def chief(make_user: Callable[..., Any]) -> User:
    """Return a member of a group that looks after the staff of the catalogue, and nothing else."""
    return make_user("chief@example.com", granted_rights="catalogue staff")


def rights_of(person: User) -> str | None:
    return User.objects.get(id=person.id).granted_rights


def test_a_group_is_made_filled_changed_and_deleted_and_rights_follow_at_once(admin: APIClient, shopper: User) -> None:
    made = admin.post(GROUPS, {"name": "Packers", "rights": ["orders"]})
    address = f"{GROUPS}{made.json()['id']}/"
    member = f"{address}members/{shopper.id}/"

    put = admin.put(member)
    first = rights_of(shopper)
    changed = admin.patch(address, {"rights": ["refunds", "orders"]})
    second = rights_of(shopper)
    people = admin.get(f"{address}members/").json()["results"]
    deleted = admin.delete(address)

    assert (made.status_code, put.status_code, changed.status_code, deleted.status_code) == (201, 204, 200, 204)
    assert (first, second, rights_of(shopper)) == ("orders", "orders refunds", None)
    assert (changed.json()["rights"], changed.json()["member_count"]) == (["orders", "refunds"], 1)
    assert [person["email"] for person in people] == ["shopper@example.com"]
    assert admin.get(address).status_code == 404


def test_groups_add_up_and_leaving_one_keeps_what_the_other_gives(admin: APIClient, shopper: User) -> None:
    packers, clerks = GroupFactory(rights="orders"), GroupFactory(rights="catalogue orders")
    for group in (packers, clerks):
        admin.put(f"{GROUPS}{group.id}/members/{shopper.id}/")

    left = admin.delete(f"{GROUPS}{clerks.id}/members/{shopper.id}/")

    assert left.status_code == 204
    assert rights_of(shopper) == "orders"
    assert admin.delete(f"{GROUPS}{clerks.id}/members/{shopper.id}/").status_code == 404
    assert selectors.accounts_with_wrong_rights() == []


def test_putting_somebody_in_twice_changes_nothing(admin: APIClient, shopper: User) -> None:
    group = GroupFactory(rights="orders")
    admin.put(f"{GROUPS}{group.id}/members/{shopper.id}/")
    before = User.objects.get(id=shopper.id).version

    assert admin.put(f"{GROUPS}{group.id}/members/{shopper.id}/").status_code == 204
    assert User.objects.get(id=shopper.id).version == before


def test_a_session_works_with_the_rights_of_the_moment(api: APIClient, staff: User, shopper: User) -> None:
    boss, group = APIClient(), GroupFactory(rights="orders")
    sign_in_afresh(boss, staff)
    sign_in_afresh(api, shopper)
    address = f"{GROUPS}{group.id}/members/{shopper.id}/"

    before = api.get("/api/v1/messages/").status_code
    boss.put(address)
    inside = api.get("/api/v1/messages/").status_code
    boss.delete(address)

    assert (before, inside, api.get("/api/v1/messages/").status_code) == (403, 200, 403)


def test_an_account_shows_its_groups_and_its_own_rights(admin: APIClient, staff: User, shopper: User) -> None:
    group = GroupFactory(name="Packers", rights="orders")
    etag = admin.get(f"/api/v1/users/{shopper.id}/").headers["ETag"]
    admin.put(f"{GROUPS}{group.id}/members/{shopper.id}/")

    shown = admin.get(f"/api/v1/users/{shopper.id}/", headers={"If-None-Match": etag})
    listed = {row["email"]: row for row in admin.get("/api/v1/users/").json()["results"]}
    own = admin.get("/api/v1/users/me/").json()

    assert shown.json()["groups"] == [{"id": str(group.id), "name": "Packers"}]
    assert shown.json()["rights"] == listed["shopper@example.com"]["rights"] == ["orders"]
    assert own["rights"] == sorted(Right)
    assert "groups" not in own


def test_the_list_of_accounts_costs_the_same_however_many_are_in_groups(
    admin: APIClient, statements: Callable[..., Any]
) -> None:
    group = GroupFactory(rights="orders")
    group.members.set(UserFactory.create_batch(2))
    with statements() as few:
        admin.get("/api/v1/users/")
    group.members.add(*UserFactory.create_batch(8))
    with statements() as many:
        admin.get("/api/v1/users/")

    assert len(few) == len(many)


@pytest.mark.parametrize("name", ["Packers", "PACKERS", " packers "])
def test_a_name_is_taken_however_it_is_written(admin: APIClient, name: str) -> None:
    GroupFactory(name="Packers")

    answer = admin.post(GROUPS, {"name": name, "rights": []})

    assert (answer.status_code, answer.json()["code"]) == (409, "group_name_taken")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "rights": []},
        {"name": "x" * 81, "rights": []},
        {"name": "a", "rights": ["everything"]},
        {"name": "a", "rights": "orders"},
        {"name": "a"},
        {"name": "a", "rights": [], "members": []},
        {"name": "a", "rights": ["orders"] * 7},
    ],
)
def test_what_is_no_group_is_refused(admin: APIClient, body: dict[str, Any]) -> None:
    assert admin.post(GROUPS, body).status_code == 400
    assert not PermissionGroup.objects.exists()


def test_a_shop_has_a_limited_number_of_groups(admin: APIClient) -> None:
    GroupFactory.create_batch(rules.MOST_GROUPS)

    answer = admin.post(GROUPS, {"name": "One more", "rights": []})

    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_groups")


def test_a_change_names_the_version_that_it_was_made_for(admin: APIClient, shopper: User) -> None:
    group = GroupFactory(rights="orders")
    address = f"{GROUPS}{group.id}/"
    etag = admin.get(address).headers["ETag"]
    admin.put(f"{address}members/{shopper.id}/")

    late = admin.patch(address, {"name": "Late"}, headers={"If-Match": etag})
    deleted = admin.delete(address, headers={"If-Match": etag})

    assert (late.status_code, deleted.status_code) == (412, 412)
    assert (
        admin.patch(address, {"name": "New"}, headers={"If-Match": admin.get(address).headers["ETag"]}).status_code
        == 200
    )


def test_nobody_gives_a_right_that_he_does_not_hold(api: APIClient, chief: User, shopper: User) -> None:
    sellers, packers = GroupFactory(rights="catalogue"), GroupFactory(rights="orders")
    sign_in_afresh(api, chief)

    made = api.post(GROUPS, {"name": "More", "rights": ["catalogue", "refunds"]})
    widened = api.patch(f"{GROUPS}{sellers.id}/", {"rights": ["catalogue", "refunds"]})
    narrowed = api.patch(f"{GROUPS}{packers.id}/", {"rights": []})
    deleted = api.delete(f"{GROUPS}{packers.id}/")
    given = api.put(f"{GROUPS}{packers.id}/members/{shopper.id}/")
    allowed = api.put(f"{GROUPS}{sellers.id}/members/{shopper.id}/")

    assert {answer.status_code for answer in (made, widened, narrowed, deleted, given)} == {403}
    assert (made.json()["code"], made.json()["rights"]) == ("right_not_held", ["refunds"])
    assert allowed.status_code == 204
    assert rights_of(shopper) == "catalogue"


def test_nobody_changes_a_group_that_he_is_in_nor_his_own_membership(api: APIClient, chief: User) -> None:
    own, other = GroupFactory(rights="catalogue staff"), GroupFactory(rights="catalogue")
    own.members.add(chief)
    sign_in_afresh(api, chief)

    answers = [
        api.patch(f"{GROUPS}{own.id}/", {"name": "Mine"}),
        api.delete(f"{GROUPS}{own.id}/"),
        api.put(f"{GROUPS}{own.id}/members/{UserFactory().id}/"),
        api.delete(f"{GROUPS}{own.id}/members/{chief.id}/"),
        api.put(f"{GROUPS}{other.id}/members/{chief.id}/"),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "own_group")] * 5


def test_admins_are_a_super_users_business_here_too(
    admin: APIClient, super_user: User, make_user: Callable[..., Any]
) -> None:
    other_admin, group = make_user("second@example.com", is_staff=True), GroupFactory(rights="orders")

    refused = [
        admin.put(f"{GROUPS}{group.id}/members/{person.id}/").status_code for person in (other_admin, super_user)
    ]
    sign_in_afresh(admin, super_user)
    allowed = admin.put(f"{GROUPS}{group.id}/members/{other_admin.id}/").status_code

    assert (refused, allowed) == ([403, 403], 204)


def test_no_token_changes_who_works_here_whatever_its_scopes_are(
    api: APIClient, super_user: User, make_user: Callable[..., Any]
) -> None:
    group, puppet = GroupFactory(rights="orders"), make_user("puppet@example.com")
    scopes = frozenset({*SCOPES, "staff:write"})
    api.force_authenticate(super_user, token=Grant(kind="token", scopes=scopes))

    refused = [
        api.post(GROUPS, {"name": "Mine", "rights": ["orders"]}),
        api.patch(f"{GROUPS}{group.id}/", {"rights": ["orders", "refunds"]}),
        api.put(f"{GROUPS}{group.id}/members/{puppet.id}/"),
        api.delete(f"{GROUPS}{group.id}/members/{puppet.id}/"),
        api.delete(f"{GROUPS}{group.id}/"),
    ]

    assert [answer.status_code for answer in refused] == [403] * 5
    assert list(PermissionGroup.objects.values_list("rights", flat=True)) == ["orders"]
    assert not group.members.exists()


def test_a_browser_that_was_left_open_makes_nobody_staff(
    api: APIClient, client: Client, super_user: User, make_user: Callable[..., Any]
) -> None:
    group, puppet = GroupFactory(rights="orders"), make_user("puppet@example.com")
    api.force_login(super_user)
    client.force_login(super_user)
    new = {"email": "new@example.com", "role": "super_user"}

    by_api = [
        api.post(GROUPS, {"name": "Mine", "rights": ["orders"]}),
        api.patch(f"{GROUPS}{group.id}/", {"rights": ["orders", "refunds"]}),
        api.put(f"{GROUPS}{group.id}/members/{puppet.id}/"),
        api.delete(f"{GROUPS}{group.id}/members/{super_user.id}/"),
        api.delete(f"{GROUPS}{group.id}/"),
        api.post("/api/v1/users/", new),
        api.patch(f"/api/v1/users/{puppet.id}/", {"role": "admin"}),
    ]
    by_page = [
        client.post("/office/staff/new/", {"name": "Mine", "rights": ["orders"]}),
        client.post(f"/office/staff/{group.id}/", {"name": "Mine", "rights": ["orders", "refunds"]}),
        client.post(f"/office/staff/{group.id}/members/", {"email": puppet.email}),
        client.post(f"/office/staff/{group.id}/members/{super_user.id}/remove/"),
        client.post(f"/office/staff/{group.id}/delete/"),
        client.post(f"/office/customers/{puppet.id}/role/", {"role": "admin"}),
    ]

    assert {answer.json()["code"] for answer in by_api} == {"reauthentication_required"}
    assert {answer["Location"].partition("?")[0] for answer in by_page} == {"/accounts/reauthenticate/"}
    assert list(PermissionGroup.objects.values_list("rights", flat=True)) == ["orders"]
    assert not group.members.exists()
    puppet.refresh_from_db()
    assert (puppet.is_staff, puppet.granted_rights) == (False, None)
    assert not User.objects.filter(email=new["email"]).exists()


@pytest.mark.parametrize("rights", ["", "catalogue customers orders refunds settings"])
def test_others_see_no_groups(api: APIClient, make_user: Callable[..., Any], rights: str) -> None:
    group = GroupFactory()
    sign_in_afresh(api, make_user("member@example.com", granted_rights=rights))

    statuses = {
        api.get(GROUPS).status_code,
        api.get(f"{GROUPS}{group.id}/").status_code,
        api.get(f"{GROUPS}{group.id}/members/").status_code,
        api.post(GROUPS, {"name": "Mine", "rights": []}).status_code,
    }

    assert statuses == {403}


@pytest.mark.parametrize("person", [uuid7(), "-" * 36])
def test_an_unknown_person_is_not_found(admin: APIClient, person: object) -> None:
    group = GroupFactory()

    assert admin.put(f"{GROUPS}{group.id}/members/{person}/").status_code == 404


def test_each_change_is_told_to_the_audit_log_with_before_and_after(
    staff: User, shopper: User, noon: datetime, recorded: Callable[[], list[Any]]
) -> None:
    boss = Actor(id=staff.id, role=Role.ADMIN, email=staff.email)
    group = groups.create_group(name="Packers", rights=[Right.ORDERS], actor=boss, now=noon)
    groups.add_member(group_id=group.id, user_id=shopper.id, actor=boss, now=noon)
    groups.change_group(group_id=group.id, rights=[Right.CATALOGUE], actor=boss, now=noon)
    groups.remove_member(group_id=group.id, user_id=shopper.id, actor=boss, now=noon)
    groups.delete_group(group_id=group.id, actor=boss, now=noon)

    told = recorded()

    assert [(event.action, orjson.loads(event.before), orjson.loads(event.after)) for event in told] == [
        ("group_created", {}, {"name": "Packers", "rights": "orders"}),
        ("member_added", {"rights": ""}, {"rights": "orders", "group": "Packers"}),
        ("group_changed", {"name": "Packers", "rights": "orders"}, {"name": "Packers", "rights": "catalogue"}),
        ("member_removed", {"rights": "catalogue"}, {"rights": "", "group": "Packers"}),
        ("group_deleted", {"name": "Packers", "rights": "catalogue"}, {}),
    ]
    assert {event.actor_label for event in told} == {"admin@example.com"}


def test_rights_that_were_written_past_the_services_are_found(shopper: User, make_user: Callable[..., Any]) -> None:
    group = GroupFactory(rights="orders")
    group.members.add(shopper)
    thief = make_user("thief@example.com", granted_rights="settings")

    assert selectors.accounts_with_wrong_rights() == sorted((shopper, thief), key=lambda user: user.id)

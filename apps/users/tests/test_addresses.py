"""Saved addresses: in the API and on the account pages."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from rest_framework.test import APIClient

from apps.users.models import Address, User
from apps.users.services.addresses import MOST_ADDRESSES
from apps.users.tests.factories import AddressFactory
from contracts.users import Users
from kernel.rpc import client as service

pytestmark = pytest.mark.django_db
ADDRESSES = "/api/v1/addresses/"
BODY = {"name": "Sofia", "line1": "Storgatan 1", "postcode": "111 22", "city": "Stockholm", "country": "SE"}


def test_the_first_address_is_the_default_and_only_one_is(api: APIClient, shopper: User) -> None:
    api.force_login(shopper)

    first = api.post(ADDRESSES, BODY)
    second = api.post(ADDRESSES, BODY | {"city": "Lund"}).json()
    third = api.post(ADDRESSES, BODY | {"city": "Malmö", "is_default": True}).json()

    assert (first.status_code, first.json()["is_default"]) == (201, True)
    assert (second["is_default"], third["is_default"]) == (False, True)
    assert Address.objects.exclude(default_of=None).get().city == "Malmö"


def test_an_address_is_replaced_or_changed_in_part(api: APIClient, shopper: User) -> None:
    api.force_login(shopper)
    path = f"{ADDRESSES}{api.post(ADDRESSES, BODY | {'line2': 'Flat 4'}).json()['id']}/"

    assert api.patch(path, {"city": "Lund"}).json()["line2"] == "Flat 4"
    replaced = api.put(path, BODY)

    assert (replaced.json()["city"], replaced.json()["line2"]) == ("Stockholm", "")
    assert replaced.headers["ETag"] == api.get(path).headers["ETag"]
    assert api.put(path, BODY, headers={"If-Match": '"old"'}).status_code == 412


def test_after_the_default_the_newest_takes_its_place(api: APIClient, shopper: User) -> None:
    api.force_login(shopper)
    default, _older, newest = (api.post(ADDRESSES, BODY | {"city": city}).json()["id"] for city in "ABC")

    assert api.delete(f"{ADDRESSES}{default}/").status_code == 204

    assert str(Address.objects.exclude(default_of=None).get().id) == newest


def test_an_address_of_another_does_not_exist_not_even_for_staff(
    api: APIClient, client: Client, shopper: User, super_user: User
) -> None:
    theirs = AddressFactory.create(user=shopper)
    api.force_login(super_user)
    client.force_login(super_user)

    assert api.get(ADDRESSES).json()["results"] == []
    for method in (api.get, api.delete):
        assert method(f"{ADDRESSES}{theirs.id}/").status_code == 404
    assert api.patch(f"{ADDRESSES}{theirs.id}/", {"city": "Lund"}).status_code == 404
    assert client.get(f"/accounts/addresses/{theirs.id}/").status_code == 404
    assert client.post(f"/accounts/addresses/{theirs.id}/delete/").status_code == 404
    assert client.post(f"/accounts/addresses/{theirs.id}/default/").status_code == 404
    theirs.refresh_from_db()
    assert (theirs.city, theirs.is_default) == ("Stockholm", False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 151),
        ("line1", None),
        ("postcode", "1" * 21),
        ("city", ["Stockholm"]),
        ("country", "se"),
        ("country", "XX"),
        ("country", "Sweden"),
        ("is_default", "perhaps"),
        ("owner", "me"),
    ],
)
def test_a_bad_address_is_refused_at_its_field(api: APIClient, shopper: User, field: str, value: Any) -> None:
    api.force_login(shopper)

    answer = api.post(ADDRESSES, BODY | {field: value})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not Address.objects.exists()


def test_there_is_an_end_to_saving_addresses(api: APIClient, client: Client, shopper: User) -> None:
    AddressFactory.create_batch(MOST_ADDRESSES, user=shopper)
    api.force_login(shopper)
    client.force_login(shopper)

    assert api.post(ADDRESSES, BODY).json()["code"] == "too_many_addresses"
    page = client.post("/accounts/addresses/new/", BODY)
    assert page.status_code == 422
    assert "You can keep 50 addresses" in page.content.decode()


def test_the_database_itself_keeps_one_default_of_its_owner(shopper: User, other_shopper: User) -> None:
    AddressFactory.create(user=shopper, default_of=shopper)

    for owner, default_of in ((shopper, shopper), (shopper, other_shopper)):
        with pytest.raises(IntegrityError), transaction.atomic():
            AddressFactory.create(user=owner, default_of=default_of)


def test_the_pages_add_change_choose_and_delete(client: Client, shopper: User) -> None:
    client.force_login(shopper)
    assert client.post("/accounts/addresses/new/", BODY)["Location"] == "/accounts/addresses/"
    client.post("/accounts/addresses/new/", BODY | {"city": "Lund"})
    second = Address.objects.get(city="Lund")

    client.post(f"/accounts/addresses/{second.id}/", BODY | {"city": "<i>Malmö</i>"})
    client.post(f"/accounts/addresses/{second.id}/default/")

    page = client.get("/accounts/addresses/").content.decode()
    assert "&lt;i&gt;Malmö&lt;/i&gt;" in page
    second.refresh_from_db()
    assert second.is_default
    client.post(f"/accounts/addresses/{second.id}/delete/")
    assert Address.objects.get().is_default
    assert "Stockholm" in client.get("/dashboard/").content.decode()


@pytest.mark.parametrize(
    ("field", "value"), [("postcode", ""), ("name", "x" * 151), ("country", "XX"), ("city", "\x00")]
)
def test_a_bad_form_keeps_what_was_typed(client: Client, shopper: User, field: str, value: str) -> None:
    client.force_login(shopper)

    page = client.post("/accounts/addresses/new/", BODY | {"line1": "Lilla Gatan 7", field: value})

    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert "Lilla Gatan 7" in page.content.decode()
    assert not Address.objects.exists()


def test_other_services_read_the_default_address_first(shopper: User) -> None:
    AddressFactory.create(user=shopper, city="Lund")
    AddressFactory.create(user=shopper, city="Malmö", default_of=shopper)

    found = service(Users).addresses(user_id=shopper.id)

    assert [address.city for address in found] == ["Malmö", "Lund"]

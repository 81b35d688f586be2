"""A person's own data as a file: everything about the person, nothing about anybody else, and quickly."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from rest_framework.test import APIClient

from apps.notifications.services.sending import send_due
from apps.orders.models.orders import Order
from apps.orders.tests.factories import CartFactory, OrderFactory
from apps.users.models import User
from apps.users.services.invitations import request_account_mail
from apps.users.services.personal_data import FORMAT, personal_data
from apps.users.services.tokens import create_token
from kernel import clock
from kernel.actors import Actor
from kernel.events.relay import deliver_all
from tests.fixtures import NOON, sign_in_afresh
from tests.integration.marked import ALIKE, EMAIL, NAME, PHONE, customer

pytestmark = pytest.mark.django_db
DATA = "/api/v1/users/me/data/"
PARTS = {
    "access_tokens",
    "account",
    "addresses",
    "audit_entries",
    "carts",
    "connected_accounts",
    "connected_programs",
    "email_addresses",
    "format",
    "made_at",
    "messages",
    "orders",
    "permission_groups",
    "second_factors",
    "sessions",
}


@pytest.fixture
def person(make_user: Any) -> User:
    user: User = make_user(EMAIL, phone=PHONE)
    user.name = NAME
    user.save()
    return user


def prove_address(user: User) -> None:
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


def test_the_file_holds_everything_about_the_person(api: APIClient, person: User, staff: User) -> None:
    order_id, guest_order_id, cart_id = customer(staff, user=person)
    prove_address(person)
    send_due(now=clock.now())
    api.force_authenticate(person)

    answer = api.get(DATA)

    told = answer.json()
    assert (told["format"], set(told)) == (FORMAT, PARTS)
    assert (told["account"]["email"], told["account"]["name"], told["account"]["phone"]) == (EMAIL, NAME, PHONE)
    assert [part for part in PARTS - {"permission_groups"} if not told[part]] == []
    by_id = {order["id"]: order for order in told["orders"]}
    assert [by_id[one]["is_guest_order"] for one in (order_id, guest_order_id)] == [False, True]
    mine = by_id[order_id]
    assert mine["shipping_address"]["line1"] == "Zyxaragatan 7"
    assert mine["total"] == {"amount": "24.90", "currency": "EUR"}
    assert [note["text"] for note in mine["staff_notes"]] == [f"{NAME} is nice"]
    assert [refund["reason"] for refund in mine["refunds"]] == [f"{NAME} complained"]
    assert [mine["history"][0][name] for name in ("kind", "by")] == ["placed", "you"]
    assert [parcel["lines"] for parcel in mine["fulfilments"]] == [{"MUG": 2}]
    assert [cart["id"] for cart in told["carts"] if cart["status"] == "open"] == [cart_id]
    assert {message["to"].lower() for message in told["messages"]} == {EMAIL}


def test_the_file_names_nobody_of_the_staff_and_opens_nothing(api: APIClient, person: User, staff: User) -> None:
    customer(staff, user=person)
    prove_address(person)
    api.force_authenticate(person)

    text = api.get(DATA).content.decode()

    assert staff.email not in text
    for secret in ("digest", "session_key", 'access_token"', "password", 'token":', "hash"):
        assert secret not in text


def test_the_file_holds_the_mails_but_no_key_of_an_order(api: APIClient, person: User, staff: User) -> None:
    """A token that may only read would call orders off by them, and outlive its own end."""
    customer(staff, user=person)
    prove_address(person)
    deliver_all()
    api.force_authenticate(person)

    texts = [message["text"] for message in api.get(DATA).json()["messages"]]

    assert any("/orders/" in text and "?token=..." in text for text in texts)
    assert not any(order.access_token in text for order in Order.objects.all() for text in texts)


def test_the_file_is_a_download_that_nothing_keeps(client: Client, person: User) -> None:
    client.force_login(person)

    for path in (DATA, "/accounts/data/file/"):
        answer = client.get(path)
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="my-data-2')
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.json()["account"]["id"] == str(person.id)


def test_orders_of_guests_are_told_only_to_whoever_has_proven_the_address(person: User) -> None:
    OrderFactory(email=EMAIL, number="GUEST1")
    CartFactory(email=EMAIL)

    before = personal_data(user_id=person.id, now=NOON)
    prove_address(person)
    after = personal_data(user_id=person.id, now=NOON)

    assert (before["orders"], before["carts"], before["messages"]) == ([], [], [])
    assert [order["number"] for order in after["orders"]] == ["GUEST1"]
    assert len(after["carts"]) == 1


def test_an_address_that_differs_by_an_accent_is_somebody_elses(person: User) -> None:
    prove_address(person)
    OrderFactory(email=ALIKE)
    CartFactory(email=ALIKE)
    request_account_mail(to=ALIKE, subject="Hello", text="Hello")
    deliver_all()

    told = personal_data(user_id=person.id, now=NOON)

    assert (told["orders"], told["carts"], told["messages"]) == ([], [], [])


def test_nothing_of_others_is_in_the_file(person: User, other_shopper: User) -> None:
    prove_address(person)
    OrderFactory(customer_id=other_shopper.id, email=other_shopper.email)
    OrderFactory(customer_id=other_shopper.id, email=EMAIL)
    OrderFactory(email="guest@example.com")
    CartFactory(customer_id=other_shopper.id)

    told = personal_data(user_id=person.id, now=NOON)

    assert (told["orders"], told["carts"], told["messages"], told["addresses"]) == ([], [], [], [])


def test_the_file_tells_of_sign_ins_that_failed_at_the_persons_address(person: User, other_shopper: User) -> None:
    prove_address(person)
    for email in (EMAIL, other_shopper.email):
        Client().post("/accounts/login/", {"login": email, "password": "wrong"})

    told = personal_data(user_id=person.id, now=clock.now())["audit_entries"]

    failed = [entry for entry in told if entry["action"] == "sign_in_failed"]
    assert [(entry["by"], "address" in entry) for entry in failed] == [("somebody who was not signed in", False)]


def test_what_somebody_changed_of_others_while_working_here_is_not_told(staff: User) -> None:
    browser = sign_in_afresh(APIClient(), staff)
    browser.post("/api/v1/users/", {"email": EMAIL, "name": NAME})
    actor = Actor(id=staff.id, role=staff.role, email=staff.email)
    create_token(name="Mine", scopes=["account:read"], actor=actor, now=clock.now())
    deliver_all()

    told = {entry["action"]: entry for entry in personal_data(user_id=staff.id, now=NOON)["audit_entries"]}

    assert (told["account_made"]["by"], told["account_made"]["subject_kind"]) == ("you", "user")
    assert EMAIL not in str(told)
    assert NAME not in str(told)
    assert "Mine" in told["token_created"]["after"]


def test_a_thousand_orders_take_as_many_statements_as_two(person: User, statements: Any) -> None:
    OrderFactory.create_batch(2, customer_id=person.id, paid=True)
    with statements() as for_two:
        personal_data(user_id=person.id, now=NOON)
    OrderFactory.create_batch(998, customer_id=person.id, paid=True)

    with statements() as for_many:
        told = personal_data(user_id=person.id, now=NOON)

    assert len(told["orders"]) == 1000
    assert len(for_many) == len(for_two) <= 30


@pytest.mark.parametrize(
    ("scopes", "status"),
    [
        (["account:read", "orders:read"], 200),
        (["account:read"], 403),
        (["orders:read"], 403),
        (["account:write", "orders:write"], 403),
    ],
)
def test_a_token_reaches_the_file_only_with_the_scopes_of_all_that_is_in_it(
    api: APIClient, person: User, scopes: list[str], status: int
) -> None:
    prove_address(person)
    actor = Actor(id=person.id, role=person.role, email=person.email)
    text = create_token(name="One", scopes=scopes, actor=actor, now=clock.now()).text

    answer = api.get(DATA, headers={"Authorization": f"Bearer {text}"})

    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/accounts/data/", "/accounts/data/file/", "/accounts/data/erase/"])
def test_a_stranger_signs_in_first(client: Client, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={path}")


def test_a_stranger_gets_no_file_from_the_api(api: APIClient) -> None:
    assert api.get(DATA).status_code == 401

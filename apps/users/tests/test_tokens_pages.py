"""The account page of personal access tokens."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.users.models import AccessToken, User
from apps.users.tests.factories import AccessTokenFactory
from integrations.authentication.tests.authenticator_app import prove_email
from kernel import clock
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db
PAGE = "/accounts/tokens/"
NEW = f"{PAGE}new/"
FORM = {"name": "Stock script", "days": "30", "scopes": ["orders:read"]}


def prove(client: Client, user: User) -> None:
    """Sign in, and say the password once more."""
    prove_email(user)
    client.force_login(user)
    answer = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": NEW})
    assert answer.headers["Location"] == NEW


def test_a_token_is_made_shown_once_and_listed_without_its_text(client: Client, shopper: User) -> None:
    prove(client, shopper)

    made = client.post(NEW, FORM)

    text = made.context["text"]
    listed = client.get(PAGE).content.decode()
    assert f">{text}</textarea>" in made.content.decode()
    assert "no-store" in made.headers["Cache-Control"]
    assert "Stock script" in listed
    assert "See carts and orders" in listed
    assert "never used" in listed
    assert text not in listed
    assert AccessToken.objects.get().expires_at - clock.now() > timedelta(days=29, hours=23)


def test_an_unattended_browser_makes_no_token(client: Client, shopper: User) -> None:
    client.force_login(shopper)

    opened, sent = client.get(NEW), client.post(NEW, FORM)

    assert opened.headers["Location"].startswith("/accounts/reauthenticate/")
    assert sent.headers["Location"].startswith("/accounts/reauthenticate/")
    assert not AccessToken.objects.exists()


def test_a_stranger_signs_in_first(client: Client, db: None) -> None:
    for path in (PAGE, NEW):
        assert client.get(path).headers["Location"].startswith("/accounts/login/")


def test_revoking_asks_first_and_works_at_once(client: Client, shopper: User) -> None:
    token = AccessTokenFactory.create(user=shopper)
    client.force_login(shopper)
    page = f"{PAGE}{token.id}/revoke/"

    assert "Revoke “Stock script”?" in client.get(page).content.decode()
    assert AccessToken.objects.exists()
    assert client.post(page).headers["Location"] == PAGE

    assert not AccessToken.objects.exists()
    assert "No tokens yet" in client.get(PAGE).content.decode()


def test_a_token_of_another_does_not_exist_not_even_for_staff(client: Client, shopper: User, super_user: User) -> None:
    token = AccessTokenFactory.create(user=shopper)
    client.force_login(super_user)

    assert client.get(f"{PAGE}{token.id}/revoke/").status_code == 404
    assert client.post(f"{PAGE}{token.id}/revoke/").status_code == 404
    assert "Stock script" not in client.get(PAGE).content.decode()
    assert AccessToken.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("name", "x" * 81), ("days", "367"), ("scopes", []), ("scopes", ["orders:all"])]
)
def test_a_bad_form_keeps_what_was_typed(client: Client, shopper: User, field: str, value: str) -> None:
    prove(client, shopper)

    page = client.post(NEW, FORM | {field: value})

    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert not AccessToken.objects.exists()


def test_the_form_offers_what_the_person_may_and_takes_no_more(client: Client, shopper: User, staff: User) -> None:
    prove(client, shopper)
    own, grasped = client.get(NEW).content.decode(), client.post(NEW, FORM | {"scopes": ["customers:write"]})
    prove(client, staff)

    assert "See carts and orders" in own
    assert "Back office" not in own
    assert grasped.status_code == 422
    assert "customers&#x27; accounts" in client.get(NEW).content.decode().replace("&#39;", "&#x27;")
    assert not AccessToken.objects.exists()


def test_a_token_that_ran_out_says_so(client: Client, shopper: User) -> None:
    AccessTokenFactory.create(user=shopper, expires_at=clock.now() - timedelta(seconds=1))
    client.force_login(shopper)

    assert "Expired" in client.get(PAGE).content.decode()


def test_staff_sees_how_many_there_are_and_takes_them_all(
    client: Client, shopper: User, staff: User, super_user: User
) -> None:
    AccessTokenFactory.create_batch(2, user=shopper)
    AccessTokenFactory.create(user=super_user)
    client.force_login(staff)
    page = f"/office/customers/{shopper.id}/"

    before = client.get(page).content.decode()
    client.post(f"{page}tokens/revoke/")
    client.post(f"/office/customers/{super_user.id}/tokens/revoke/")

    assert "<dd>2</dd>" in before
    assert "Revoke the tokens" in before
    assert "Revoke the tokens" not in client.get(page).content.decode()
    assert "Stock script" not in before
    assert AccessToken.objects.get().user == super_user


def test_a_customer_takes_nobodys_tokens(client: Client, shopper: User, other_shopper: User) -> None:
    AccessTokenFactory.create(user=other_shopper)
    client.force_login(shopper)

    assert client.post(f"/office/customers/{other_shopper.id}/tokens/revoke/").status_code == 403
    assert client.post(f"/office/customers/{shopper.id}/tokens/revoke/").status_code == 403
    assert AccessToken.objects.exists()

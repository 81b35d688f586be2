"""What does not exist is told in the shop's own words, in development as in production."""

import pytest
from django.conf import LazySettings
from django.db import DataError, IntegrityError
from django.db.models import RestrictedError
from django.test import Client

from apps.orders.tests.factories import OrderFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_development", [True, False])
@pytest.mark.parametrize("path", ["/nothing/here/", "/products/no-such-thing/", "/media/no-such-picture.png"])
def test_a_missing_page_is_the_shops_own(
    client: Client, settings: LazySettings, path: str, is_development: bool
) -> None:
    settings.DEBUG = is_development

    answer = client.get(path)

    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
    assert "urlpatterns" not in answer.content.decode()


@pytest.mark.parametrize("is_development", [True, False])
def test_a_missing_slash_is_added_and_the_api_keeps_its_problems(
    client: Client, settings: LazySettings, is_development: bool
) -> None:
    settings.DEBUG = is_development

    slashed = client.get("/products?search=mug")
    missing = [client.get(path) for path in ("/api/v1/nothing/", "/api/v1/products/no-such-thing/")]

    assert (slashed.status_code, slashed["Location"]) == (301, "/products/?search=mug")
    assert [(answer.status_code, answer["Content-Type"]) for answer in missing] == [
        (404, "application/problem+json")
    ] * 2
    assert [answer.json()["code"] for answer in missing] == ["not_found", "not_found"]


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (IntegrityError("secret words"), 409, "This clashes with something that is there already"),
        (RestrictedError("secret words", set()), 409, "This clashes with something that is there already"),
        (DataError("secret words"), 400, "This request could not be read"),
    ],
)
def test_what_the_database_refuses_is_no_fault_of_ours_on_a_page_either(
    client: Client, staff: object, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, words: str
) -> None:
    def refuse(**_asked: object) -> None:
        raise error

    monkeypatch.setattr("apps.orders.pages.office_order.add_note", refuse)
    client.force_login(staff)
    order = OrderFactory()

    answer = client.post(f"/office/orders/{order.id}/notes/", {"text": "Ring twice"})

    assert answer.status_code == status
    assert words in answer.content.decode()
    assert "secret words" not in answer.content.decode()

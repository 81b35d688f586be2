"""Django's admin shows every table and changes none of them."""

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client, RequestFactory

from apps.orders.tests.factories import CartFactory

pytestmark = pytest.mark.django_db
TABLES = sorted(admin.site._registry, key=str)
OF_PEOPLE = [
    table for table in TABLES if table._meta.app_label not in {"products", "orders", "notifications", "kernel"}
]
SECRETS = ("secret", "hash", "password", "data", "session_key", "token", "token_secret", "extra_data", "key", "salt")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table._meta.label)
def test_a_super_user_looks_and_changes_nothing(client: Client, super_user: Any, table: type[Model]) -> None:
    request = RequestFactory().get("/admin/")
    request.user = super_user
    client.force_login(super_user)
    shown = admin.site._registry[table]

    answer = client.get(f"/admin/{table._meta.app_label}/{table._meta.model_name}/")

    assert answer.status_code == 200
    assert shown.get_model_perms(request) == {"add": False, "change": False, "delete": False, "view": True}
    assert not any(
        rows.has_add_permission(request, None)
        or rows.has_change_permission(request)
        or rows.has_delete_permission(request)
        for rows in shown.get_inline_instances(request)
    )


def test_admins_alone_look_into_a_cart_and_its_key_is_not_shown(client: Client, staff: Any, shopper: Any) -> None:
    cart = CartFactory(customer_id=shopper.id)
    path = f"/admin/orders/cart/{cart.id}/change/"

    client.force_login(shopper)
    refused = client.get(path)
    client.force_login(staff)
    shown = client.get(path)

    assert (refused.status_code, shown.status_code) == (302, 200)
    assert str(shopper.id) in shown.content.decode()
    assert cart.token not in shown.content.decode()


@pytest.mark.parametrize("table", OF_PEOPLE, ids=lambda table: table._meta.label)
def test_no_table_about_people_shows_what_opens_a_door(super_user: Any, table: type[Model]) -> None:
    request = RequestFactory().get("/admin/")
    request.user = super_user
    shown = admin.site._registry[table]

    names = {*shown.get_fields(request), *shown.get_list_display(request)}

    assert names.isdisjoint(SECRETS)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table._meta.label)
def test_a_column_that_no_list_offers_is_not_guessed_letter_by_letter(
    client: Client, staff: Any, table: type[Model]
) -> None:
    client.force_login(staff)
    offered = admin.site._registry[table].list_filter
    hidden = sorted(field.name for field in table._meta.concrete_fields if field.name not in offered)

    answers = {
        name: client.get(
            f"/admin/{table._meta.app_label}/{table._meta.model_name}/", {f"{name}__startswith": "a"}
        ).status_code
        for name in hidden
    }

    assert answers == dict.fromkeys(hidden, 400)


def test_a_list_is_narrowed_by_what_it_offers(client: Client, staff: Any, super_user: Any, shopper: Any) -> None:
    client.force_login(staff)

    page = client.get("/admin/users/user/", {"is_superuser__exact": "1"}).content.decode()

    assert super_user.email in page
    assert shopper.email not in page

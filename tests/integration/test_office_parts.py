"""Whoever is let into the back office by a permission group sees his part of it, and nothing of the others."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.orders.rules.states import PaymentStatus
from apps.orders.tests.factories import OrderFactory
from apps.products.tests.factories import VariantFactory

pytestmark = pytest.mark.django_db

PARTS = {
    "orders": ("/office/orders/", "/office/messages/"),
    "catalogue": ("/office/products/", "/office/categories/", "/office/reservations/", "/office/import/"),
    "customers": ("/office/customers/",),
    "staff": ("/office/staff/", "/office/audit/"),
    "settings": ("/office/settings/", "/office/apps/", "/office/events/"),
    "refunds": (),
}


@pytest.fixture
def member(client: Client, make_user: Callable[..., Any]) -> Callable[[str], Client]:
    """Return a function that signs in somebody who holds these rights."""

    def sign_in(rights: str) -> Client:
        client.force_login(make_user("member@example.com", granted_rights=rights))
        return client

    return sign_in


@pytest.mark.parametrize("right", PARTS)
def test_the_menu_leads_only_where_one_may_go(member: Callable[[str], Client], right: str) -> None:
    page = member(right).get("/office/").content.decode()

    shown = {part for part, pages in PARTS.items() if any(f'href="{address}"' in page for address in pages)}

    assert shown == ({right} if PARTS[right] else set())


def test_who_keeps_the_catalogue_sees_no_sales_and_no_orders(member: Callable[[str], Client]) -> None:
    order = OrderFactory(paid=True)
    office = member("catalogue")

    home = office.get("/office/")
    found = office.get("/office/search/", {"q": order.number})

    assert "39.90" not in home.content.decode()
    assert order.number not in home.content.decode()
    assert [task.url for task in home.context["tasks"]] == ["/office/products/"]
    assert "figures" not in home.context
    assert found.status_code == 200
    assert found.context["rows"] == []
    assert "/office/customers/?" not in found.content.decode()


def test_who_works_on_orders_neither_refunds_nor_leaves_for_other_parts(
    member: Callable[[str], Client], shopper: Any
) -> None:
    variant = VariantFactory(sku="MUG")
    order = OrderFactory(paid=True, customer_id=shopper.id)
    order.lines.update(product_id=variant.product_id)
    office = member("orders")

    page = office.get(f"/office/orders/{order.id}/")
    refund = office.post(f"/office/orders/{order.id}/refund/", {"amount": "1.00", "reference": "a"})
    order.refresh_from_db()

    assert (page.context["refund_form"], refund.status_code) == (None, 403)
    assert page.context["fulfil_form"] is not None
    assert order.payment_status == PaymentStatus.PAID
    assert f"/office/customers/{shopper.id}/" not in page.content.decode()
    assert f"/office/products/{variant.product_id}/" not in page.content.decode()


def test_who_refunds_gets_the_form_on_the_order_page(member: Callable[[str], Client]) -> None:
    order = OrderFactory(paid=True)

    page = member("orders refunds").get(f"/office/orders/{order.id}/")

    assert page.context["refund_form"] is not None


def test_the_right_to_refund_alone_opens_no_order_page(member: Callable[[str], Client]) -> None:
    order = OrderFactory(paid=True)
    office = member("refunds")

    assert office.get(f"/office/orders/{order.id}/").status_code == 403
    assert office.post(f"/office/orders/{order.id}/refund/", {"amount": "x"}).status_code == 403


def test_who_serves_customers_sees_accounts_without_what_they_bought(
    member: Callable[[str], Client], shopper: Any
) -> None:
    order = OrderFactory(paid=True, customer_id=shopper.id)
    office = member("customers")

    people = office.get("/office/customers/").content.decode()
    person = office.get(f"/office/customers/{shopper.id}/").content.decode()

    assert shopper.email in people
    assert "39.90" not in people + person
    assert order.number not in person


def test_who_serves_customers_switches_them_off_but_nobody_who_works_here(
    member: Callable[[str], Client], make_user: Callable[..., Any], shopper: Any, staff: Any
) -> None:
    colleague = make_user("colleague@example.com", granted_rights="catalogue")
    office = member("customers")

    for person in (shopper, colleague, staff):
        office.post(f"/office/customers/{person.id}/switch/", {"active": "no"})
        person.refresh_from_db()

    assert [person.is_active for person in (shopper, colleague, staff)] == [False, True, True]

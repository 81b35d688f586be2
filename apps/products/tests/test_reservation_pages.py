"""Which orders hold stock, by API and in the back office; and giving back a hold whose time is over."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.products.models.stock import Stock
from apps.products.services.reservations import cancel, confirm, reserve, restock
from apps.products.tests.factories import ReservationFactory, VariantFactory
from contracts.products import ItemWanted
from kernel.ids import uuid7
from tests.fixtures import NOON

pytestmark = pytest.mark.django_db

API, OFFICE = "/api/v1/reservations/", "/office/reservations/"
SOON = NOON + timedelta(minutes=30)


@pytest.fixture
def program(api: APIClient, staff: Any, noon: datetime) -> APIClient:
    api.force_authenticate(staff)
    return api


@pytest.fixture
def office(client: Client, staff: Any, noon: datetime) -> Client:
    client.force_login(staff)
    return client


@pytest.fixture
def mug(db: None) -> str:
    return VariantFactory(sku="MUG", on_hand=10).sku


def hold(*, until: datetime | None = SOON, **quantities: int) -> UUID:
    """Let an order take stock; without an end it is sold at once."""
    order_id = uuid7()
    lines = [ItemWanted(sku=sku, quantity=quantity) for sku, quantity in quantities.items()]
    reserve(order_id=order_id, lines=lines, expires_at=until, now=NOON)
    return order_id


def shown(page: Any) -> list[UUID]:
    return [row.order_id for row in page.context["rows"]]


def test_a_reservation_is_read_with_its_lines_and_what_came_back(program: APIClient, mug: str) -> None:
    VariantFactory(sku="CUP")
    order_id = hold(until=None, MUG=3, CUP=1)
    restock(restock_id=uuid7(), order_id=order_id, lines=[ItemWanted(sku="MUG", quantity=2)], now=NOON)

    answer = program.get(f"{API}{order_id}/")

    assert answer.json() == {
        "order_id": str(order_id),
        "state": "confirmed",
        "lines": [
            {"sku": "CUP", "quantity": 1, "returned_quantity": 0},
            {"sku": "MUG", "quantity": 3, "returned_quantity": 2},
        ],
        "expires_at": None,
        "created_at": "2026-06-01T12:00:00Z",
    }
    assert program.get(f"{API}{uuid7()}/").status_code == 404


def test_a_claim_that_came_to_nothing_has_no_lines(program: APIClient, office: Client) -> None:
    order_id = uuid7()
    cancel(order_id=order_id, now=NOON)

    answer = program.get(f"{API}{order_id}/").json()

    assert (answer["state"], answer["lines"]) == ("cancelled", [])
    assert "took nothing" in office.get(OFFICE, {"state": "cancelled"}).content.decode()


def test_reservations_are_found_by_state_by_sku_and_by_order_newest_first(program: APIClient, mug: str) -> None:
    VariantFactory(sku="CUP")
    first, second, sold = hold(MUG=1), hold(MUG=1, CUP=1), hold(until=None, CUP=1)

    def found(**query: Any) -> list[UUID]:
        return [UUID(row["order_id"]) for row in program.get(API, query).json()["results"]]

    assert found() == [sold, second, first]
    assert found(ordering="oldest") == [first, second, sold]
    assert found(state="held") == [second, first]
    assert found(sku="CUP") == [sold, second]
    assert found(sku="CUP", state="held") == [second]
    assert found(order_id=str(first)) == [first]
    assert found(sku="NOPE") == []


def test_pages_of_reservations_follow_each_other(program: APIClient) -> None:
    orders = [ReservationFactory(lines={"MUG": 1, "CUP": 1}).order_id for _ in range(5)]

    read, address = [], f"{API}?sku=CUP&page_size=2&count=true"
    while address:
        page = program.get(address).json()
        read += [UUID(row["order_id"]) for row in page["results"]]
        address = page["next"]

    assert read == orders[::-1]
    assert page["count"] == 5


@pytest.mark.parametrize("query", ["state=gone", "order_id=1", "sku=", f"sku={'x' * 65}", "sku=a%00b", "ordering=sku"])
def test_a_filter_without_meaning_is_refused(program: APIClient, query: str) -> None:
    assert program.get(f"{API}?{query}").status_code == 400


def test_strangers_and_shoppers_see_no_reservations_and_nobody_writes_any(
    api: APIClient, shopper: Any, staff: Any, mug: str
) -> None:
    order_id = hold(MUG=1)
    addresses = (API, f"{API}{order_id}/")

    assert [api.get(address).status_code for address in addresses] == [401, 401]
    api.force_authenticate(shopper)
    assert [api.get(address).status_code for address in addresses] == [403, 403]
    api.force_authenticate(staff)
    assert [api.delete(address).status_code for address in addresses] == [405, 405]


@pytest.mark.parametrize("rows", [1, 60])
def test_lists_take_few_statements_however_long_they_are(
    program: APIClient, office: Client, statements: Any, rows: int
) -> None:
    for _ in range(rows):
        ReservationFactory(lines={"MUG": 1, "CUP": 2, "JUG": 3}, state="held", expires_at=SOON)

    with statements() as listed:
        program.get(API, {"state": "held", "sku": "MUG", "page_size": 100})
    with statements() as one:
        program.get(f"{API}{ReservationFactory(lines={'MUG': 1}).order_id}/")
    with statements() as page:
        office.get(OFFICE, {"sku": "MUG"})

    def reads(ran: Any) -> int:
        return sum(sql.startswith("SELECT") and "products_" in sql for sql in ran.sql)

    assert (reads(listed), reads(one), reads(page)) == (2, 2, 3)


def test_the_page_tells_who_holds_what_and_for_how_long(
    office: Client, mug: str, stop_clock: Callable[[datetime], None]
) -> None:
    order_id = hold(MUG=2)
    stop_clock(NOON + timedelta(minutes=5))

    page = office.get(OFFICE)
    text = page.content.decode()

    assert shown(page) == [order_id]
    assert f'href="/office/orders/{order_id}/"' in text
    assert "2 &times; MUG" in text
    assert page.context["age"] == "5 min"
    assert (page.context["figures"].held, page.context["figures"].overdue) == (1, 0)
    assert "overdue</strong>" not in text
    assert "Release now" not in text


def test_the_page_opens_with_holds_and_leads_to_the_others(office: Client, mug: str) -> None:
    held, sold = hold(MUG=1), hold(until=None, MUG=1)

    assert shown(office.get(OFFICE)) == [held]
    assert shown(office.get(OFFICE, {"state": "confirmed"})) == [sold]
    assert shown(office.get(OFFICE, {"state": "all", "sku": "MUG"})) == [sold, held]
    assert shown(office.get(OFFICE, {"state": "held", "order": str(sold)})) == [sold]
    assert "No reservation fits this view." in office.get(OFFICE, {"sku": "NOPE"}).content.decode()
    assert "No hold is overdue" in office.get(OFFICE, {"state": "overdue"}).content.decode()


def test_an_order_with_many_lines_takes_little_room(office: Client) -> None:
    ReservationFactory(lines={f"SKU-{number}": 1 for number in range(9)}, state="held", expires_at=SOON)

    text = office.get(OFFICE).content.decode()

    assert "1 &times; SKU-3" in text
    assert "SKU-4" not in text
    assert "and 5 more" in text


@pytest.mark.parametrize("query", ["state=gone", "order=1", "cursor=damaged", "sku=a%00b"])
def test_a_filter_without_meaning_is_refused_on_the_page(office: Client, query: str) -> None:
    assert office.get(f"{OFFICE}?{query}").status_code == 400


def test_who_may_not_see_orders_gets_no_link_to_them(
    client: Client, make_user: Callable[..., Any], noon: datetime, mug: str
) -> None:
    order_id = hold(MUG=1)
    client.force_login(make_user("member@example.com", granted_rights="catalogue"))

    text = client.get(OFFICE).content.decode()

    assert str(order_id) in text
    assert "/office/orders/" not in text


def test_the_stock_of_a_product_leads_to_the_orders_that_hold_it(office: Client) -> None:
    variant = VariantFactory(sku="MUG 1/2")
    VariantFactory(sku="CUP", product=variant.product, option1="Cup")
    hold(**{"MUG 1/2": 3})

    text = office.get(f"/office/products/{variant.product_id}/stock/").content.decode()

    assert f"{OFFICE}?state=held&amp;sku=MUG%201/2" in text
    assert f"{OFFICE}?state=held&amp;sku=CUP" not in text


def test_an_overdue_hold_is_told_and_released_by_one_button(
    office: Client, recorded: Callable[[], list[Any]], stop_clock: Callable[[datetime], None]
) -> None:
    variant = VariantFactory(sku="MUG", on_hand=2)
    order_id = hold(MUG=2)
    stop_clock(SOON)

    page = office.get(OFFICE, {"state": "overdue"}).content.decode()
    answer = office.post(f"{OFFICE}{order_id}/release/", {"state": "overdue", "sku": ""}, follow=True)
    variant.product.refresh_from_db()

    assert "1 hold is overdue" in page
    assert "Release now" in page
    assert answer.redirect_chain == [(f"{OFFICE}?state=overdue", 302)]
    assert "its stock can be sold again" in answer.content.decode()
    assert Stock.objects.get(sku="MUG").available == variant.product.available == 2
    assert [(entry.action, entry.subject_id) for entry in recorded()] == [("hold_released", str(order_id))]


def test_a_hold_whose_time_is_not_over_stays(office: Client, mug: str, recorded: Callable[[], list[Any]]) -> None:
    held, sold = hold(MUG=1), hold(MUG=1)
    confirm(order_id=sold, now=NOON)

    answers = [
        office.post(f"{OFFICE}{order_id}/release/", follow=True).content.decode() for order_id in (held, sold, uuid7())
    ]

    assert "The time of this hold is not over." in answers[0]
    assert "This is no hold any more." in answers[1]
    assert "There is no such reservation." in answers[2]
    assert Stock.objects.get(sku="MUG").reserved == 1
    assert recorded() == []


def test_a_release_without_its_token_or_the_right_changes_nothing(
    staff: Any, client: Client, make_user: Callable[..., Any], mug: str, stop_clock: Callable[[datetime], None]
) -> None:
    order_id = hold(MUG=1)
    stop_clock(SOON)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(staff)
    client.force_login(make_user("packer@example.com", granted_rights="orders"))

    answers = [one.post(f"{OFFICE}{order_id}/release/").status_code for one in (browser, client)]

    assert answers == [403, 403]
    assert Stock.objects.get(sku="MUG").reserved == 1

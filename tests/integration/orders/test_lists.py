"""Lists of orders and the figures of the back office."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.orders.facade import Facade
from apps.orders.selectors.figures import key_figures, sales_by_day, tab_counts
from apps.orders.selectors.orders import order_detail
from apps.orders.selectors.timelines import timeline_of
from apps.orders.services.notes import add_note
from apps.orders.services.retention import forget_old_carts
from apps.orders.tests.factories import CartFactory, OrderFactory
from kernel.actors import SYSTEM
from kernel.money import Money
from tests.fixtures import NOON

pytestmark = pytest.mark.django_db


def numbers(answer: Any) -> list[str]:
    """Return the order numbers of a list."""
    assert answer.status_code == 200, answer.content
    return [row["number"] for row in answer.json()["results"]]


def test_staff_finds_orders_by_state_number_mail_and_sku(staff_api: APIClient, noon: Any) -> None:
    OrderFactory(number="AAAA1111", email="ada@example.com", placed_at=NOON - timedelta(days=2))
    OrderFactory(number="BBBB2222", email="bob@example.com", paid=True, placed_at=NOON - timedelta(days=1))
    OrderFactory(number="CCCC3333", email="eve@example.com", due_at=NOON - timedelta(days=1), cancelled=True)
    OrderFactory(number="DDDD4444", email="dan@example.com", due_at=NOON - timedelta(days=1), shipped=True)
    found = {
        query: numbers(staff_api.get(f"/api/v1/orders/?{query}"))
        for query in (
            "ordering=oldest",
            "payment_status=paid",
            "status=cancelled",
            "fulfilment_status=fulfilled",
            "search=bbbb",
            "search=%23AAAA1111",
            "search=eve@",
            "search=NONE",
            "overdue=true",
        )
    }

    assert found == {
        "ordering=oldest": ["AAAA1111", "BBBB2222", "CCCC3333", "DDDD4444"],
        "payment_status=paid": ["BBBB2222"],
        "status=cancelled": ["CCCC3333"],
        "fulfilment_status=fulfilled": ["DDDD4444"],
        "search=bbbb": ["BBBB2222"],
        "search=%23AAAA1111": ["AAAA1111"],
        "search=eve@": ["CCCC3333"],
        "search=NONE": [],
        "overdue=true": ["DDDD4444"],
    }
    assert len(numbers(staff_api.get("/api/v1/orders/?search=BOWL"))) == 4


def test_people_see_their_own_orders_page_by_page(shopper: Any, other_shopper: Any) -> None:
    for day in range(3):
        OrderFactory(customer_id=shopper.id, placed_at=NOON - timedelta(days=day))
    OrderFactory(customer_id=other_shopper.id)
    client = APIClient()
    client.force_authenticate(shopper)

    first = client.get("/api/v1/orders/?page_size=2&count=true").json()
    second = client.get(first["next"]).json()

    assert (len(first["results"]), len(second["results"]), first["count"]) == (2, 1, 3)
    assert second["next"] is None


@pytest.mark.parametrize(
    "query",
    ["status=odd", "overdue=perhaps", "search=%00", "search=" + "x" * 101, "page_size=0", "cursor=zzz", "ordering=x"],
)
def test_a_query_without_meaning_is_refused(staff_api: APIClient, query: str) -> None:
    assert staff_api.get(f"/api/v1/orders/?{query}").status_code == 400


def test_guests_list_nothing(api: APIClient) -> None:
    assert api.get("/api/v1/orders/").status_code in {401, 403}
    assert api.get("/api/v1/carts/").status_code in {401, 403}


def test_key_figures_compare_two_periods_and_leave_cancelled_orders_out(db: None) -> None:
    OrderFactory(placed_at=NOON - timedelta(days=1))
    OrderFactory(placed_at=NOON - timedelta(days=2), by_bank=True, paid=True)
    OrderFactory(placed_at=NOON - timedelta(days=3), cancelled=True)
    OrderFactory(placed_at=NOON - timedelta(days=40), due_at=NOON - timedelta(days=26))

    figures = key_figures(now=NOON)

    assert (figures.present.sales, figures.present.order_count) == (Money(7980, "EUR"), 2)
    assert figures.present.average == Money(3990, "EUR")
    assert (figures.before.sales, figures.before.order_count) == (Money(3990, "EUR"), 1)
    assert (figures.to_fulfil, figures.overdue, figures.refunds_due) == (3, 1, 0)


def test_sales_are_counted_by_day_in_utc_and_days_without_are_zero(db: None) -> None:
    OrderFactory(placed_at=NOON)
    OrderFactory(placed_at=NOON.replace(hour=0, minute=0))
    OrderFactory(placed_at=NOON - timedelta(days=29))

    days = sales_by_day(now=NOON)

    assert len(days) == 30
    assert (days[-1].day, days[-1].sales, days[-1].order_count) == (NOON.date(), Money(7980, "EUR"), 2)
    assert days[0].order_count == 1
    assert days[1].sales == Money(0, "EUR")


def test_figures_cost_the_same_for_many_orders(statements: Any, db: None) -> None:
    OrderFactory.create_batch(5)
    key_figures(now=NOON)

    with statements() as ran:
        key_figures(now=NOON)
        sales_by_day(now=NOON)
        tab_counts(now=NOON)

    assert len(ran) == 4, str(ran)


def test_other_services_learn_what_people_bought(shopper: Any, other_shopper: Any) -> None:
    OrderFactory(customer_id=shopper.id, placed_at=NOON)
    OrderFactory(customer_id=shopper.id, placed_at=NOON - timedelta(days=1), number="FIRST222")
    OrderFactory(customer_id=other_shopper.id, cancelled=True)
    facade = Facade()

    [figures] = facade.figures(customer_ids=[shopper.id, other_shopper.id])
    recent = facade.recent_orders(customer_id=shopper.id, limit=5)

    assert (figures.customer_id, figures.order_count, figures.total.minor) == (shopper.id, 2, 7980)
    assert figures.last_order_at == NOON
    assert [order.number for order in recent][1] == "FIRST222"
    assert facade.shop().currency == "EUR"


def test_the_timeline_holds_changes_and_notes(db: None) -> None:
    order = OrderFactory(placed_at=NOON)
    add_note(order_id=order.id, text="Call before delivery.", actor=SYSTEM, now=NOON + timedelta(hours=1))

    entries = timeline_of(order)

    assert [(entry.kind, entry.title) for entry in entries] == [("note", "Call before delivery."), ("change", "placed")]


def test_a_detail_tells_what_can_be_done(db: None) -> None:
    billed = order_detail(OrderFactory(), now=NOON).rights
    held = order_detail(OrderFactory(by_bank=True), now=NOON).rights
    over = order_detail(OrderFactory(cancelled=True), now=NOON).rights

    assert (billed.can_cancel, billed.can_pay, billed.can_fulfil, billed.can_refund) == (True, True, True, False)
    assert (held.can_pay, held.can_fulfil) == (True, False)
    assert (over.can_cancel, over.can_pay, over.can_fulfil) == (False, False, False)


def test_old_carts_are_forgotten(stop_clock: Any, shopper: Any) -> None:
    CartFactory(with_lines={"MUG": 1})
    fresh = CartFactory(updated_at=NOON + timedelta(days=1))
    kept = CartFactory(customer_id=shopper.id)
    stop_clock(NOON + timedelta(days=60, seconds=1))

    forget_old_carts()

    assert set(type(kept).objects.values_list("id", flat=True)) == {fresh.id, kept.id}

"""The back office's first page: figures, the chart, what waits, and how a new shop begins."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.orders.rules.states import PaymentStatus
from apps.orders.tests.factories import OrderFactory, TaxRateFactory
from tests.fixtures import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client: Client, staff: Any, noon: datetime) -> Client:
    """Return a client that an admin has signed in, at noon."""
    client.force_login(staff)
    return client


def test_a_new_shop_is_told_how_to_begin(office: Client) -> None:
    TaxRateFactory()

    answer = office.get("/office/")
    steps = [(step.title, step.url, step.is_done) for step in answer.context["steps"]]

    assert steps == [
        ("Name your shop", "/office/settings/", False),
        ("Fill the shelves", "/office/import/", False),
        ("Set up delivery", "/office/settings/shipping/", False),
        ("Set up taxes", "/office/settings/taxes/", True),
    ]
    assert '<svg class="chart' not in answer.content.decode()


def test_figures_are_compared_with_the_period_before(office: Client) -> None:
    OrderFactory.create_batch(2, paid=True)
    OrderFactory(paid=True, shipped=True, placed_at=NOON - timedelta(days=40), total_minor=10_000)

    figures = office.get("/office/").context["figures"]

    assert [(figure.label, figure.value, figure.change, figure.change_kind) for figure in figures] == [
        ("Sales", "€79.80", "\N{MINUS SIGN}20.2 %", "down"),
        ("Orders", "2", "+100.0 %", "up"),
        ("Average order", "€39.90", "\N{MINUS SIGN}60.1 %", "down"),
        ("To fulfil", "2", "", "up"),
    ]


def test_the_chart_tells_each_day_in_bars_and_in_a_table(office: Client) -> None:
    OrderFactory()
    OrderFactory(placed_at=NOON - timedelta(days=1), total_minor=12_000)

    answer = office.get("/office/")
    wide, phone, page = answer.context["wide"], answer.context["phone"], answer.content.decode()

    assert (len(wide.bars), len(phone.bars), len(answer.context["days"])) == (30, 14, 30)
    assert [told for _bar, told in wide.bars[-2:]] == ["31 May: €120.00", "1 Jun: €39.90"]
    assert [text for _y, text in wide.ticks] == ["€0", "€30", "€60", "€90", "€120"]
    assert [(day.order_count, day.sales.as_text()) for day in answer.context["days"][:2]] == [
        (1, "39.90"),
        (1, "120.00"),
    ]
    assert "<title>1 Jun: €39.90</title>" in page
    assert "style=" not in page


def test_what_waits_leads_to_its_orders(office: Client) -> None:
    OrderFactory(due_at=NOON - timedelta(days=1))
    OrderFactory(cancelled=True, paid_minor=3990, payment_status=PaymentStatus.REFUND_DUE)

    waiting = office.get("/office/").context["waiting"]

    assert [(entry.label, entry.count, entry.url) for entry in waiting] == [
        ("Orders to fulfil", 1, "/office/orders/?tab=unfulfilled"),
        ("Overdue payments", 1, "/office/orders/?tab=overdue"),
        ("Refunds due", 1, "/office/orders/?tab=refund_due"),
    ]


def test_the_page_costs_the_same_however_many_orders(office: Client, statements: Callable[..., Any]) -> None:
    OrderFactory()
    office.get("/office/")
    with statements() as few:
        office.get("/office/")
    OrderFactory.create_batch(12)
    with statements() as many:
        answer = office.get("/office/")

    assert len(few) == len(many) == 11
    assert len(answer.context["rows"]) == 8

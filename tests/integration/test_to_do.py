"""The back office's first page tells what waits in every service."""

from typing import Any

import pytest
from django.test import Client

from apps.notifications.models import Message
from apps.notifications.tests.factories import MessageFactory
from apps.orders.tests.factories import OrderFactory
from apps.products.tests.factories import VariantFactory
from tests.unit.kernel.factories import InboxRowFactory

pytestmark = pytest.mark.django_db


def test_what_waits_leads_to_low_stock_and_to_failed_mails(client: Client, staff: Any, noon: Any) -> None:
    OrderFactory(cancelled=True)
    VariantFactory(sku="LOW", on_hand=5, product__name="Lamp")
    VariantFactory(sku="PLENTY", on_hand=6)
    MessageFactory(status=Message.Status.FAILED, next_attempt_at=None)
    MessageFactory()
    InboxRowFactory(status="dead")
    InboxRowFactory(status="retry")
    client.force_login(staff)

    waiting = client.get("/office/").context["waiting"]

    assert [(entry.label, entry.count, entry.url) for entry in waiting] == [
        ("Variants low in stock", 1, "/office/products/?low=1"),
        ("Mails that failed", 1, "/office/messages/?status=failed"),
        ("Events given up", 1, "/office/events/"),
    ]
    assert [row["name"] for row in client.get(waiting[0].url).context["products"]] == ["Lamp"]
    assert len(client.get(waiting[1].url).context["rows"]) == 1
    assert len(client.get(waiting[2].url).context["rows"]) == 1

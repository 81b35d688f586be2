"""An order that was placed, and what its buyer and the staff do with it."""

from typing import Any

from rest_framework.test import APIClient

from apps.orders.models.orders import Order, OrderChange
from apps.orders.services.returning import return_due
from apps.products.models.stock import Stock
from kernel import clock

CARD = {"method": "sandbox_card", "card_number": "4242 4242 4242 4242"}


class Bought:
    """An order of 2 MUG and 1 BOWL, with the guest who placed it and the staff."""

    def __init__(self, order: dict[str, Any], staff: APIClient) -> None:
        self.id = order["id"]
        self.token = order["access_token"]
        self.staff = staff
        self.guest = APIClient()

    def ask(self, action: str, body: Any = None, *, by_staff: bool = False, key: str = "") -> Any:
        """Post to an action of the order, under a key of one's own if there is one."""
        client, headers = (self.staff, {}) if by_staff else (self.guest, {"X-Order-Token": self.token})
        if key:
            headers = {**headers, "Idempotency-Key": key}
        return client.post(f"/api/v1/orders/{self.id}/{action}/", body or {}, headers=headers)

    def refund(self, body: Any, *, key: str = "") -> Any:
        """Ask for a refund as staff, and let the worker ask the provider."""
        answer = self.ask("refunds", body, by_staff=True, key=key)
        return_due(now=clock.now())
        return answer

    @property
    def states(self) -> tuple[str, str, str]:
        """Where it stands."""
        order = Order.objects.get(id=self.id)
        versions = list(OrderChange.objects.filter(order=order).order_by("version").values_list("version", flat=True))
        assert versions == list(range(1, order.version + 1))
        return order.status, order.payment_status, order.fulfilment_status


def shelf(sku: str) -> tuple[int, int]:
    """Return what is on hand and reserved of a SKU."""
    stock = Stock.objects.get(sku=sku)
    return stock.on_hand, stock.reserved

"""A shop with Stripe: an order on its page, the customer's browser, and Stripe's messages."""

from typing import Any

from django.test import Client

from apps.orders.models.orders import Order, OrderChange
from apps.orders.models.payments import Payment
from apps.orders.services.returning import return_due
from apps.orders.services.settling import settle_due
from integrations.payments.tests.stripe_stand_in import StandIn
from kernel import clock

WEBHOOK = "/api/v1/payments/stripe/webhook/"


class AtStripe:
    """An order of one MUG and delivery (14.90) whose customer was led to Stripe's page."""

    def __init__(self, order: Order, stand_in: StandIn) -> None:
        self.id, self.number, self.token = order.id, order.number, order.access_token
        self.stand_in = stand_in
        self.browser = Client()

    def page(self, name: str) -> str:
        """Return the address of a page about the order, as a guest has it."""
        return f"/orders/{self.id}/{name}?token={self.token}"

    def begin(self) -> Any:
        """Press the button that leads to Stripe."""
        return self.browser.post(self.page("pay/"))

    def come_back(self) -> Any:
        """Return from Stripe's page."""
        return Client().get(self.page("pay/return/"))

    def report(self, kind: str = "checkout.session.completed", **signing: Any) -> Any:
        """Send Stripe's message about the newest session."""
        message = self.stand_in.message(kind, self.stand_in.last_session(), **signing)
        return Client().post(WEBHOOK, **message)

    @property
    def states(self) -> tuple[str, str]:
        """Where the order stands; its history has no gaps."""
        order = Order.objects.get(id=self.id)
        versions = list(OrderChange.objects.filter(order=order).order_by("version").values_list("version", flat=True))
        assert versions == list(range(1, order.version + 1))
        return order.status, order.payment_status

    @property
    def payments(self) -> list[str]:
        """The states of all attempts, oldest first."""
        return list(Payment.objects.filter(order_id=self.id).order_by("id").values_list("state", flat=True))

    @property
    def money(self) -> tuple[int, int, int]:
        """What arrived, went back, and is on its way back."""
        order = Order.objects.get(id=self.id)
        return order.paid_minor, order.refunded_minor, order.returning_minor

    @staticmethod
    def work() -> None:
        """Let the worker do what is due."""
        settle_due(now=clock.now())
        return_due(now=clock.now())

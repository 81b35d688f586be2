"""Who acts in the features: each has a browser or an API client of their own, over one shop."""

import re
from dataclasses import dataclass, field
from typing import Any

from django.core import mail
from django.test import Client
from rest_framework.test import APIClient

from apps.notifications.services.sending import send_due
from apps.orders.models.orders import Order
from apps.products.models.catalogue import Product, Variant
from apps.products.models.stock import Stock
from apps.products.tests.factories import VariantFactory
from kernel import clock
from kernel.events.relay import deliver_all
from kernel.money import Money
from tests.fixtures import PASSWORD

CODE = re.compile(r"^\s+([0-9]{6})\s*$", re.MULTILINE)
ADDRESS = {"name": "Ada Lovelace", "line1": "Market Street 1", "postcode": "00100", "city": "Helsinki", "country": "FI"}


@dataclass
class World:
    """What one scenario remembers."""

    me: Client = field(default_factory=Client)
    somebody_else: Client = field(default_factory=Client)
    staff: APIClient = field(default_factory=APIClient)
    answer: Any = None
    order: Order | None = None
    shelf_before: int = 0

    def sell(self, name: str, *, on_hand: int, price: str = "10.00") -> None:
        """Put a product on the shelf; its SKU is made from its name."""
        VariantFactory(sku=sku_of(name), price_minor=Money.of(price, "EUR").minor, on_hand=on_hand, product__name=name)

    def shelf(self, name: str) -> int:
        """Return how many are on hand."""
        on_hand: int = Stock.objects.get(sku=sku_of(name)).on_hand
        return on_hand

    def the_order(self) -> Order:
        """Return the only order, as it is now."""
        return Order.objects.get()

    def act(self, action: str, body: dict[str, Any]) -> Any:
        """Let staff do something with the only order, and remember the answer."""
        self.answer = self.staff.post(f"/api/v1/orders/{self.the_order().id}/{action}/", body)
        return self.answer


def sku_of(name: str) -> str:
    """Return the SKU that a product of this name gets here."""
    return name.upper().replace(" ", "-")


def name_of(sku: str) -> str:
    """Return the name that customers know a SKU by."""
    variant = Variant.objects.get(sku=sku)
    return str(Product.objects.get(id=variant.product_id).name)


def mails_to(email: str) -> list[Any]:
    """Let the worker do what is due, and return everything that this person was mailed."""
    deliver_all()
    send_due(now=clock.now())
    return [one for one in mail.outbox if one.to == [email]]


def newest_code(email: str) -> str:
    """Return the code of the newest mail that has one."""
    codes = [found[1] for one in mails_to(email) if (found := CODE.search(one.body))]
    return str(codes[-1])


def put_into_cart(client: Client, name: str, quantity: int) -> Any:
    """Use the form of the product's page."""
    return client.post("/cart/lines/", {"sku": sku_of(name), "quantity": quantity}, follow=True)


def order_what_is_in_the_cart(client: Client, email: str) -> Any:
    """Fill in the one page of the till."""
    shown = client.get("/checkout/", follow=True)
    form = shown.context.get("form")
    key = form["key"].value() if form else ""
    typed = {**ADDRESS, "email": email, "same_billing": "on", "payment_method": "invoice", "key": key or ""}
    return client.post("/checkout/", typed, follow=True)


def sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    """Use the sign-in page."""
    return client.post("/accounts/login/", {"login": email, "password": password}, follow=True)

"""A guest with an API client, and carts that are ready to be ordered."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.products.tests.factories import VariantFactory

from .bought import Bought

ADDRESS = {"name": "Ada Lovelace", "line1": "Market Street 1", "postcode": "00100", "city": "Helsinki", "country": "FI"}


class Guest:
    """Somebody without an account who shops through the API."""

    def __init__(self, client: APIClient | None = None) -> None:
        self.client = client or APIClient()
        self.cart: dict[str, Any] = {}

    @property
    def headers(self) -> dict[str, str]:
        """The key to the cart."""
        return {"X-Cart-Token": self.cart["token"]}

    def start(self) -> "Guest":
        """Start a cart."""
        self.cart = self.client.post("/api/v1/carts/", {}).json()
        return self

    def put(self, sku: str, quantity: int = 1) -> Any:
        """Put something into the cart and return the answer."""
        body = {"sku": sku, "quantity": quantity}
        return self.client.post(f"/api/v1/carts/{self.cart['id']}/lines/", body, headers=self.headers)

    def order(self, *, key: str = "key-1", **values: Any) -> Any:
        """Place the order and return the answer."""
        body = {"cart": self.cart["id"], "email": "ada@example.com", "shipping_address": ADDRESS, **values}
        headers = {**self.headers, "Idempotency-Key": key}
        return self.client.post("/api/v1/orders/", body, headers=headers)


@pytest.fixture
def guest() -> Guest:
    """Return a guest with an empty cart."""
    return Guest().start()


@pytest.fixture
def new_guest() -> Callable[[], Guest]:
    """Return a function that makes a guest with an empty cart."""
    return lambda: Guest().start()


@pytest.fixture
def mug(db: None) -> Any:
    """Return a variant: MUG at 10.00, ten in stock."""
    return VariantFactory(sku="MUG", price_minor=1000, on_hand=10, product__name="Mug")


@pytest.fixture
def bowl(db: None) -> Any:
    """Return a variant: BOWL at 15.00, five in stock."""
    return VariantFactory(sku="BOWL", price_minor=1500, on_hand=5, product__name="Bowl")


@pytest.fixture
def staff_api(staff: Any) -> APIClient:
    """Return a client that an admin has signed in."""
    client = APIClient()
    client.force_authenticate(staff)
    return client


@pytest.fixture
def buy(guest: Any, mug: Any, bowl: Any, staff_api: APIClient, noon: Any) -> Any:
    """Return a function that places the order by a payment method."""

    def place(payment_method: str = "invoice") -> Bought:
        guest.put("MUG", 2)
        guest.put("BOWL", 1)
        return Bought(guest.order(payment_method=payment_method).json(), staff_api)

    return place

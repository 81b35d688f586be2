"""The purchase of the Postman collection: a guest buys, then the staff looks and ships."""

from dataclasses import dataclass, field
from typing import Any

ADDRESS = {
    "name": "Alma Berg",
    "line1": "Drottninggatan 1",
    "postcode": "111 51",
    "city": "Stockholm",
    "country": "SE",
}
CART = {"X-Cart-Token": "{{cartToken}}"}
ORDER = {"X-Order-Token": "{{orderToken}}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request; ``script`` keeps what later steps need."""

    name: str
    method: str
    path: str
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    script: tuple[str, ...] = ()
    needs_password: bool = False
    is_staff: bool = False


def _keep(**values: str) -> tuple[str, ...]:
    return tuple(f"pm.collectionVariables.set('{name}', {source});" for name, source in values.items())


JOURNEY = (
    Step(name="What is here", method="GET", path="/api/v1/", status=200),
    Step(name="Categories", method="GET", path="/api/v1/categories/", status=200),
    Step(
        name="Products in stock",
        method="GET",
        path="/api/v1/products/?in_stock=true&page_size=5",
        status=200,
        script=_keep(productId="pm.response.json().results[0].id"),
    ),
    Step(
        name="One product",
        method="GET",
        path="/api/v1/products/{{productId}}/",
        status=200,
        script=_keep(sku="pm.response.json().variants.find((one) => one.available > 0).sku"),
    ),
    Step(
        name="Create a cart",
        method="POST",
        path="/api/v1/carts/",
        status=201,
        body={},
        script=_keep(cartId="pm.response.json().id", cartToken="pm.response.json().token"),
    ),
    Step(
        name="Put one in the cart",
        method="POST",
        path="/api/v1/carts/{{cartId}}/lines/",
        status=201,
        headers=CART,
        body={"sku": "{{sku}}", "quantity": 1},
    ),
    Step(name="Read the cart", method="GET", path="/api/v1/carts/{{cartId}}/", status=200, headers=CART),
    Step(name="Nobody reads it without its token", method="GET", path="/api/v1/carts/{{cartId}}/", status=404),
    Step(
        name="Place the order",
        method="POST",
        path="/api/v1/orders/",
        status=201,
        headers=CART | {"Idempotency-Key": "postman-{{cartId}}"},
        body={"cart": "{{cartId}}", "email": "alma@example.com", "shipping_address": ADDRESS},
        script=(
            *_keep(orderId="pm.response.json().id", orderToken="pm.response.json().access_token"),
            *_keep(lineId="pm.response.json().lines[0].id", placed="pm.response.text()"),
        ),
    ),
    Step(
        name="Send it again: the same answer, and no second order",
        method="POST",
        path="/api/v1/orders/",
        status=201,
        headers=CART | {"Idempotency-Key": "postman-{{cartId}}"},
        body={"cart": "{{cartId}}", "email": "alma@example.com", "shipping_address": ADDRESS},
        script=(
            "pm.test('says that it is a replay', () => pm.response.to.have.header('Idempotency-Replayed', 'true'));",
            "pm.test('is the same', () => pm.expect(pm.response.text()).to.eql(pm.variables.get('placed')));",
        ),
    ),
    Step(name="Read the order", method="GET", path="/api/v1/orders/{{orderId}}/", status=200, headers=ORDER),
    Step(name="Nobody reads it without its token", method="GET", path="/api/v1/orders/{{orderId}}/", status=404),
    Step(
        name="Sign in as staff",
        method="POST",
        path="/_allauth/app/v1/auth/login",
        status=200,
        body={"email": "{{email}}", "password": "{{password}}"},
        needs_password=True,
        script=_keep(sessionToken="pm.response.json().meta.session_token"),
    ),
    Step(
        name="Who am I",
        method="GET",
        path="/api/v1/users/me/",
        status=200,
        needs_password=True,
        is_staff=True,
    ),
    Step(
        name="The newest orders",
        method="GET",
        path="/api/v1/orders/?page_size=5",
        status=200,
        needs_password=True,
        is_staff=True,
    ),
    Step(
        name="Ship the order",
        method="POST",
        path="/api/v1/orders/{{orderId}}/fulfilments/",
        status=201,
        body={"carrier": "PostNord", "tracking_number": "SE123456789"},
        needs_password=True,
        is_staff=True,
    ),
    Step(
        name="Its history",
        method="GET",
        path="/api/v1/orders/{{orderId}}/history/",
        status=200,
        needs_password=True,
        is_staff=True,
    ),
)

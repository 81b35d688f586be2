"""A real shop with one of everything, and somebody who may do everything in it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from apps.products.tests.importing import png
from tests.integration.live_shop import LiveShop, running_shop

ADDRESS = {"name": "Ada Lovelace", "line1": "Market Street 1", "postcode": "00100", "city": "Helsinki", "country": "FI"}
PROGRAM = {"name": "Night export", "acts_for_itself": True, "acts_for_people": False, "scopes": ["orders:read"]}

PAUSE = 3
UNLIMITED = {f"THROTTLE_{name}": "1000000/minute" for name in ("DEFAULT", "SEARCH", "CHECKOUT", "SIGN_IN")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stocked:
    """A shop, its owner, and the ids of what is in it by the first part of the address."""

    shop: LiveShop
    owner: requests.Session
    ids: dict[str, str]


@pytest.fixture(scope="module")
def stocked(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Stocked]:
    """Start a shop and put one of everything in."""
    with django_db_blocker.unblock(), running_shop(tmp_path_factory.mktemp("shop"), demo=False, **UNLIMITED) as shop:
        owner = shop.confirm(shop.staff())
        yield Stocked(shop=shop, owner=owner, ids=fill(shop, owner))


def pause() -> None:
    """Give the worker of a running shop time to write its mails."""
    time.sleep(PAUSE)


def fill(shop: LiveShop, owner: Any, *, deliver: Callable[[], object] = pause) -> dict[str, str]:
    """Put one of everything into a shop, through its API; ``deliver`` gives the worker its turn."""
    shop.sell(sku="MUG", price="10.00", on_hand=1000, staff=owner)

    def post(path: str, body: dict[str, Any], **headers: str) -> Any:
        answer = owner.post(f"{shop.url}/api/v1/{path}/", json=body, headers=headers, timeout=30)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def upload(path: str, **files: Any) -> Any:
        body = {"product": product} if path == "media" else {"dry_run": "true"}
        answer = owner.post(f"{shop.url}/api/v1/{path}/", data=body, files=files, timeout=30)
        assert answer.status_code in {201, 202}, answer.text
        return answer.json()["id"]

    def first(path: str) -> Any:
        return owner.get(f"{shop.url}/api/v1/{path}/", timeout=30).json()["results"][0]

    product = first("products")["id"]
    cart = post("carts", {})
    line = post(f"carts/{cart['id']}/lines", {"sku": "MUG", "quantity": 2})["lines"][0]
    other = post("carts", {})
    post(f"carts/{other['id']}/lines", {"sku": "MUG", "quantity": 2})
    wanted = {"cart": other["id"], "email": "ada@example.com", "shipping_address": ADDRESS}
    order = post("orders", wanted, **{"Idempotency-Key": "the-first"})
    deliver()
    return {
        "messages": first("messages")["id"],
        "carts": cart["id"],
        "line_id": line["id"],
        "orders": order["id"],
        "addresses": post("addresses", ADDRESS)["id"],
        "categories": post("categories", {"name": "Kitchen"})["id"],
        "products": product,
        "media": upload("media", file=("red.png", png())),
        "product-imports": upload("products/import", file=("products.csv", b"Handle,Title\nmug,Mug\n")),
        "variants": first("variants")["id"],
        "stock": "MUG",
        "stock-movements": first("stock-movements")["id"],
        "shipping-methods": first("shipping-methods")["id"],
        "tax-rates": post("tax-rates", {"country": "FI", "tax_class": "reduced", "name": "ALV", "rate": "14"})["id"],
        "vouchers": post("vouchers", {"code": "FRIENDS", "kind": "free_shipping"})["id"],
        "groups": post("groups", {"name": "Packers", "rights": ["orders"]})["id"],
        "oauth-clients": post("oauth-clients", PROGRAM)["id"],
        "tokens": post("tokens", {"name": "Stock script", "scopes": ["orders:read"]})["id"],
        "users": post("users", {"email": "ada@example.com"})["id"],
    }

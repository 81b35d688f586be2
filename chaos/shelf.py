"""The goods of a run: a few that are scarce, so that buyers fight for them, and some that are not."""

from dataclasses import dataclass

from chaos.client import Client, Count
from chaos.ledger import Ledger
from chaos.system import PASSWORD, STAFF

RUSHES = ("CHAOS-RUSH-1", "CHAOS-RUSH-2", "CHAOS-RUSH-3")
"""What all buyers want at the same moment, and every second one gets."""


@dataclass(frozen=True, slots=True)
class Goods:
    """One SKU, and how many of it there are at first."""

    sku: str
    price: str
    on_hand: int


def goods_for(orders: int) -> list[Goods]:
    """Return what is for sale: the scarce goods run out, the others do not."""
    scarce = max(5, orders // 20)
    plenty = orders * 20
    return [
        Goods("CHAOS-HOT", "19.99", scarce),
        Goods("CHAOS-RARE", "7.35", scarce * 2),
        *(Goods(f"CHAOS-{number}", f"{3 + number}.{number}5", plenty) for number in range(4)),
    ]


def last_pieces(buyers: int) -> list[Goods]:
    """Return what there are rushes for."""
    return [Goods(sku, "4.50", max(1, buyers // 2)) for sku in RUSHES]


class Staff:
    """Whoever works in the shop: signs in once, and may be many at the same time."""

    def __init__(self, port: int, count: Count) -> None:
        client = Client(port, count)
        answer = client.ask("POST", "/_allauth/app/v1/auth/login", {"email": STAFF, "password": PASSWORD})
        client.close()
        self.headers = {"X_Session_Token": str(answer.content["meta"]["session_token"])}


def fill(goods: list[Goods], *, port: int, staff: Staff, ledger: Ledger) -> None:
    """Put the goods on the shelf, and write down how many there are."""
    client = Client(port, Count())
    client.ask("PATCH", "/api/v1/shop/", {"notify_email": "shop@example.com"}, **staff.headers)
    for one in goods:
        variant = {"sku": one.sku, "price": {"amount": one.price, "currency": "EUR"}}
        product = {"name": f"Goods {one.sku}", "is_published": True, "variants": [variant]}
        made = client.ask("POST", "/api/v1/products/", product, **staff.headers)
        stock = {"on_hand": one.on_hand, "reason": "first delivery"}
        counted = client.ask("PATCH", f"/api/v1/stock/{one.sku}/", stock, **staff.headers)
        if (made.status, counted.status) != (201, 200):
            msg = f"The shelf could not be filled: {made.body!r} {counted.body!r}"
            raise RuntimeError(msg)
        ledger.write("shelf", sku=one.sku, on_hand=one.on_hand)
    client.close()

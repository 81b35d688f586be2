"""What the staff does in the Postman collection: makes, reads, changes and removes one of everything."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from api.postman_journey import ADDRESS, Step

PRICE = {"amount": "12.50", "currency": "{{currency}}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A collection of the API; ``replacement`` is what PUT sends, where there is a PUT."""

    name: str
    path: str
    new: dict[str, Any]
    change: dict[str, Any]
    replacement: dict[str, Any] | None = None
    stays: bool = False


ENTITIES = (
    Entity(name="category", path="categories", new={"name": "Postman"}, change={"position": 3}, replacement={"name": "Post"}),
    Entity(
        name="product",
        path="products",
        new={
            "name": "Postman's bag",
            "options": [{"name": "Size", "values": ["S", "M"]}],
            "variants": [{"options": {"Size": "S"}, "price": PRICE}],
        },
        change={"is_published": True},
        replacement={"name": "Postman's large bag"},
    ),
    Entity(
        name="variant",
        path="variants",
        new={"product": "{{productOfStaff}}", "options": {"Size": "M"}, "price": PRICE, "on_hand": 4},
        change={"weight_grams": 900},
        replacement={"price": PRICE},
    ),
    Entity(name="address", path="addresses", new=ADDRESS, change={"city": "Uppsala"}, replacement=ADDRESS),
    Entity(
        name="account", path="users", new={"email": "{{cartId}}@example.com"}, change={"name": "Alma"}, stays=True
    ),
    Entity(
        name="tax rate",
        path="tax-rates",
        new={"country": "AQ", "tax_class": "{{cartId}}", "name": "Ice", "rate": "7.5"},
        change={"rate": "8"},
        replacement={"country": "AQ", "tax_class": "{{cartId}}", "name": "Ice", "rate": "9"},
    ),
    Entity(
        name="delivery method",
        path="shipping-methods",
        new={"code": "{{cartId}}", "name": "By sled", "price": PRICE, "is_active": False},
        change={"position": 9},
        replacement={"code": "{{cartId}}", "name": "By dog sled", "price": PRICE, "is_active": False},
    ),
    Entity(
        name="voucher",
        path="vouchers",
        new={"code": "{{cartId}}", "kind": "percent", "percent": "10", "limit": 5},
        change={"description": "For friends of the house"},
        replacement={"code": "{{cartId}}", "kind": "amount", "amount": PRICE, "is_active": False},
    ),
)  # fmt: skip


def _step(name: str, method: str, path: str, status: int, **more: Any) -> Step:
    return Step(
        name=name, method=method, path=f"/api/v1/{path}", status=status, needs_password=True, is_staff=True, **more
    )


def _variable(entity: Entity) -> str:
    return entity.name.title().replace(" ", "")[0].lower() + entity.name.title().replace(" ", "")[1:] + "OfStaff"


def _made(entity: Entity) -> list[Step]:
    variable = _variable(entity)
    one = f"{entity.path}/{{{{{variable}}}}}/"
    keep = (f"pm.collectionVariables.set('{variable}', pm.response.json().id);",)
    steps = [
        _step(f"Make: {entity.name}", "POST", f"{entity.path}/", HTTPStatus.CREATED, body=entity.new, script=keep),
        _step(f"List: {entity.name}", "GET", f"{entity.path}/?page_size=2", HTTPStatus.OK),
        _step(f"Read: {entity.name}", "GET", one, HTTPStatus.OK),
        _step(f"Change: {entity.name}", "PATCH", one, HTTPStatus.OK, body=entity.change),
    ]
    if entity.replacement is not None:
        steps.append(_step(f"Replace: {entity.name}", "PUT", one, HTTPStatus.OK, body=entity.replacement))
    return steps


def _removed(entity: Entity) -> list[Step]:
    one = f"{entity.path}/{{{{{_variable(entity)}}}}}/"
    after = ("Still there, switched off", HTTPStatus.OK) if entity.stays else ("Gone", HTTPStatus.NOT_FOUND)
    return [
        _step(f"Remove: {entity.name}", "DELETE", one, HTTPStatus.NO_CONTENT),
        _step(f"{after[0]}: {entity.name}", "GET", one, after[1]),
    ]


def _rest() -> list[Step]:
    """Return what has no life of its own: settings, stock, the ledger, pictures, messages."""
    sku = ("pm.collectionVariables.set('skuOfStaff', pm.response.json().results[0].sku);",)
    picture = ("pm.collectionVariables.set('picture', pm.response.json().results[0].id);",)
    return [
        _step("Stock", "GET", "stock/?page_size=1", HTTPStatus.OK, script=sku),
        _step("Stock of one SKU", "GET", "stock/{{skuOfStaff}}/", HTTPStatus.OK),
        _step("Count it", "PATCH", "stock/{{skuOfStaff}}/", HTTPStatus.OK, body={"low_stock_mark": 2}),
        _step("The ledger of stock", "GET", "stock-movements/?page_size=2", HTTPStatus.OK),
        _step("Pictures", "GET", "media/?page_size=1", HTTPStatus.OK, script=picture),
        _step("One picture", "GET", "media/{{picture}}/", HTTPStatus.OK),
        _step("Describe it", "PATCH", "media/{{picture}}/", HTTPStatus.OK, body={"alt": "From the side"}),
        _step("Messages", "GET", "messages/?page_size=2", HTTPStatus.OK),
        _step("Describe the shop", "PATCH", "shop/", HTTPStatus.OK, body={"description": "Everything under one roof."}),
    ]


def staff_steps() -> list[Step]:
    """Return the steps in order: what is inside another thing is removed first."""
    keep = ("pm.collectionVariables.set('currency', pm.response.json().currency);",)
    settings = _step("The shop's settings", "GET", "shop/", HTTPStatus.OK, script=keep)
    made = [step for entity in ENTITIES for step in _made(entity)]
    removed = [step for entity in reversed(ENTITIES) for step in _removed(entity)]
    return [settings, *made, *_rest(), *removed]

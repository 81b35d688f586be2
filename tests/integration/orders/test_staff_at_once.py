"""Staff at the same moment as staff, and as buyers: nobody overwrites what was not seen, no hold is left behind."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.orders.models.orders import Order
from apps.orders.tests.factories import ShippingMethodFactory, TaxRateFactory, VoucherFactory
from apps.products.models.stock import Stock
from apps.products.tests.factories import CategoryFactory, VariantFactory

from .test_many_at_once import at_once, buyer

pytestmark = pytest.mark.django_db(transaction=True)
EDITORS = 5
ROUNDS = 8


@pytest.fixture
def editors(staff: Any) -> list[APIClient]:
    """Return clients of staff who work at the same moment."""
    clients = [APIClient() for _ in range(EDITORS)]
    for client in clients:
        client.force_authenticate(staff)
    return clients


@pytest.fixture
def things(db: None) -> dict[str, str]:
    """Return the addresses of things that staff edits."""
    variant = VariantFactory(sku="MUG", on_hand=5)
    return {
        "product": f"/api/v1/products/{variant.product_id}/",
        "variant": f"/api/v1/variants/{variant.id}/",
        "stock": "/api/v1/stock/MUG/",
        "category": f"/api/v1/categories/{CategoryFactory().id}/",
        "shop": "/api/v1/shop/",
        "tax rate": f"/api/v1/tax-rates/{TaxRateFactory().id}/",
        "delivery": f"/api/v1/shipping-methods/{ShippingMethodFactory().id}/",
        "voucher": f"/api/v1/vouchers/{VoucherFactory().id}/",
    }


@pytest.mark.parametrize(
    ("thing", "field"),
    [
        ("product", "name"),
        ("variant", "barcode"),
        ("stock", "on_hand"),
        ("category", "name"),
        ("shop", "name"),
        ("tax rate", "name"),
        ("delivery", "name"),
        ("voucher", "description"),
    ],
)
def test_of_five_changes_to_one_version_exactly_one_is_made(
    editors: list[APIClient], things: dict[str, str], thing: str, field: str
) -> None:
    address = things[thing]
    seen = {"If-Match": editors[0].get(address).headers["ETag"]}
    values: list[Any] = [number + 50 if field == "on_hand" else f"Name {number}" for number in range(EDITORS)]

    answers = at_once(
        [
            lambda one=one, value=value: one.patch(address, {field: value}, headers=seen)
            for one, value in zip(editors, values, strict=True)
        ]
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
    made = next(value for value, answer in zip(values, answers, strict=True) if answer.status_code == 200)
    assert editors[0].get(address).json()[field] == made


CHANGES: dict[str, dict[str, Any]] = {
    "product": {"name": "New name", "summary": "New words", "vendor": "Somebody"},
    "variant": {"barcode": "123", "weight_grams": 7, "requires_shipping": False},
    "category": {"name": "New name", "description": "New words", "position": 7},
    "shop": {"name": "New name", "description": "New words", "low_stock_mark": 7},
    "tax rate": {"name": "New name", "rate": "0.07", "tax_class": "books"},
    "delivery": {"name": "New name", "description": "New words", "is_active": False},
    "voucher": {"description": "New words", "limit": 7, "is_active": False},
}


@pytest.mark.parametrize("thing", CHANGES)
def test_changes_of_different_parts_at_once_are_all_made(
    editors: list[APIClient], things: dict[str, str], thing: str
) -> None:
    changes = CHANGES[thing]
    answers = at_once(
        [
            lambda one=one, name=name: one.patch(things[thing], {name: changes[name]})
            for one, name in zip(editors, changes, strict=False)
        ]
    )

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    now = editors[0].get(things[thing]).json()
    assert {name: now[name] for name in changes} == changes


def test_a_cart_line_changes_once_for_a_version() -> None:
    VariantFactory(sku="MUG", on_hand=50)
    guest = buyer("MUG")
    cart = guest.client.get(f"/api/v1/carts/{guest.cart['id']}/", headers=guest.headers)
    line = f"/api/v1/carts/{guest.cart['id']}/lines/{cart.json()['lines'][0]['id']}/"
    headers = {**guest.headers, "If-Match": cart.headers["ETag"]}

    answers = at_once(
        [lambda number=number: APIClient().patch(line, {"quantity": number}, headers=headers) for number in (2, 3, 4)]
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]


def test_a_sku_is_not_renamed_under_an_order_that_takes_it(editors: list[APIClient]) -> None:
    for number in range(ROUNDS):
        variant = VariantFactory(sku=f"OLD-{number}", on_hand=5)
        guest = buyer(variant.sku)

        placed, renamed = at_once(
            [
                lambda guest=guest: guest.order(payment_method="bank_transfer"),
                lambda variant=variant: editors[0].patch(
                    f"/api/v1/variants/{variant.id}/", {"sku": f"NEW-{variant.sku}"}
                ),
            ]
        )

        assert (placed.status_code, renamed.status_code) in {(201, 409), (409, 200), (422, 200)}
        stock = Stock.objects.get(variant=variant)
        assert (stock.sku, stock.reserved) == (variant.sku, 1) if placed.status_code == 201 else (stock.reserved == 0)


def test_a_product_is_not_deleted_under_an_order_that_holds_it(editors: list[APIClient]) -> None:
    for number in range(ROUNDS):
        variant = VariantFactory(sku=f"SKU-{number}", on_hand=5)
        guest = buyer(variant.sku)

        placed, deleted = at_once(
            [
                lambda guest=guest: guest.order(payment_method="bank_transfer"),
                lambda variant=variant: editors[0].delete(f"/api/v1/products/{variant.product_id}/"),
            ]
        )

        assert (placed.status_code, deleted.status_code) in {(201, 409), (409, 204), (422, 204)}, placed.content
        assert Stock.objects.filter(variant=variant, reserved=1).exists() is (placed.status_code == 201)
    assert Order.objects.count() == Stock.objects.filter(reserved=1).count()

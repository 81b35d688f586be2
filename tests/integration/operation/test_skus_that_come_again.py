"""A SKU that is deleted and comes again: the ledger explains the shelf, whatever came back meanwhile."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.products.models.stock import Stock
from apps.products.services import variants
from apps.products.services.drafts import VariantDraft
from apps.products.services.products import create_product, delete_product
from apps.products.services.reservations import cancel, reserve
from apps.products.services.variants import remove_variant, update_variant
from apps.products.tests.factories import VariantFactory
from apps.products.tests.importing import csv, imported
from contracts.products import ItemWanted
from kernel.actors import SYSTEM
from kernel.ids import uuid7
from kernel.money import Money
from tests.fixtures import NOON

pytestmark = pytest.mark.django_db


def _variant_goes(lost: Any) -> None:
    remove_variant(variant_id=lost.id, actor=SYSTEM)


def _product_goes(lost: Any) -> None:
    delete_product(product_id=lost.product_id, actor=SYSTEM)


def _made() -> None:
    draft = VariantDraft(price=Money(1000, "EUR"), sku="MUG", on_hand=4)
    create_product(fields={"name": "Other mug"}, variants=[draft], actor=SYSTEM, now=NOON)


def _imported() -> None:
    imported(csv("other-mug,Other mug,,,MUG,10.00,4"))


def _renamed() -> None:
    other = VariantFactory(sku="CUP", on_hand=4)
    update_variant(variant_id=other.id, changes={"sku": "MUG"}, actor=SYSTEM, now=NOON)


@pytest.mark.parametrize("goes", [_variant_goes, _product_goes])
@pytest.mark.parametrize("comes", [_made, _imported, _renamed])
def test_a_sku_that_goes_and_comes_again_begins_with_nothing(
    told: Callable[[], set[tuple[str, str]]], goes: Callable[[Any], None], comes: Callable[[], None]
) -> None:
    lost = VariantFactory(sku="MUG", on_hand=50)
    VariantFactory(sku="BOWL", product=lost.product, option1="Bowl")
    order_id = uuid7()
    reserve(order_id=order_id, lines=[ItemWanted(sku="MUG", quantity=2)], expires_at=None, now=NOON)

    goes(lost)
    cancel(order_id=order_id, now=NOON)  # goods come back that have no shelf
    comes()

    assert Stock.objects.get(sku="MUG").on_hand == 4
    assert told() == set()


def test_what_comes_back_while_its_sku_is_made_again_is_on_no_shelf_and_in_no_sum(
    told: Callable[[], set[tuple[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = VariantFactory(sku="MUG", on_hand=50)
    VariantFactory(sku="BOWL", product=lost.product, option1="Bowl")
    order_id = uuid7()
    reserve(order_id=order_id, lines=[ItemWanted(sku="MUG", quantity=2)], expires_at=None, now=NOON)
    _variant_goes(lost)
    left_over = variants.left_over

    def look_and_be_overtaken(*args: Any, **kwargs: Any) -> Any:
        found = left_over(*args, **kwargs)
        cancel(order_id=order_id, now=NOON)
        return found

    monkeypatch.setattr(variants, "left_over", look_and_be_overtaken)
    _made()

    assert Stock.objects.get(sku="MUG").on_hand == 4
    assert told() == set()

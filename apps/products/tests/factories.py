"""Rows of the catalogue for tests: a published product, a variant with stock, a category."""

from typing import Any

import factory
from factory.django import DjangoModelFactory

from apps.products.models.catalogue import Category, Product, Variant
from apps.products.models.stock import (
    MovementKind,
    Reservation,
    ReservationLine,
    ReservationState,
    Stock,
    StockMovement,
)
from apps.products.rules.tree import ROOT, Path, below
from apps.products.services.projection import refresh_products
from kernel.ids import uuid7
from tests.fixtures import NOON


class CategoryFactory(DjangoModelFactory):
    """A category; ``CategoryFactory(name="Shirts", parent=clothing)``."""

    class Meta:
        model = Category

    name = factory.Sequence(lambda number: f"Category {number}")
    slug = factory.LazyAttribute(lambda row: row.name.lower().replace(" ", "-"))
    parent = None
    created_at = updated_at = NOON

    @factory.lazy_attribute
    def path_slugs(self) -> str:
        return _path(self).slugs

    @factory.lazy_attribute
    def path_names(self) -> str:
        return _path(self).names


class ProductFactory(DjangoModelFactory):
    """A published product without variants; most tests want ``VariantFactory``."""

    class Meta:
        model = Product

    name = factory.Sequence(lambda number: f"Product {number}")
    slug = factory.LazyAttribute(lambda row: row.name.lower().replace(" ", "-"))
    currency = "EUR"
    is_published = True
    published_at = created_at = updated_at = NOON


class VariantFactory(DjangoModelFactory):
    """A variant of a published product, with stock and with what the catalogue shows of it.

    ``VariantFactory(sku="MUG", price_minor=3200, on_hand=5)``; ``product=`` adds it to an existing product.
    """

    class Meta:
        model = Variant

    product = factory.SubFactory(ProductFactory)
    sku = factory.Sequence(lambda number: f"SKU-{number}")
    price_minor = 1000
    currency = "EUR"
    created_at = updated_at = NOON

    @classmethod
    def _create(
        cls,
        model_class: type[Variant],
        *args: Any,
        on_hand: int = 10,
        low_stock_mark: int | None = None,
        **kwargs: Any,
    ) -> Variant:
        variant: Variant = super()._create(model_class, *args, **kwargs)
        Stock.objects.create(sku=variant.sku, variant=variant, on_hand=on_hand, low_stock_mark=low_stock_mark)
        if on_hand:
            StockMovement.objects.create(
                sku=variant.sku, kind=MovementKind.RECEIVED, quantity=on_hand, reason="first stock", created_at=NOON
            )
        refresh_products(product_ids=[variant.product_id])
        variant.product.refresh_from_db()
        return variant


class ReservationFactory(DjangoModelFactory):
    """What an order took, without the stock that it moved; ``ReservationFactory(lines={"MUG": 2}, state="held")``."""

    class Meta:
        model = Reservation

    order_id = factory.LazyFunction(uuid7)
    state = ReservationState.CONFIRMED
    created_at = NOON

    @classmethod
    def _create(
        cls, model_class: type[Reservation], *args: Any, lines: dict[str, int] | None = None, **kwargs: Any
    ) -> Reservation:
        reservation: Reservation = super()._create(model_class, *args, **kwargs)
        ReservationLine.objects.bulk_create(
            ReservationLine(reservation=reservation, sku=sku, quantity=quantity)
            for sku, quantity in (lines or {}).items()
        )
        return reservation


def _path(row: Any) -> Path:
    parent = Path(row.parent.path_slugs, row.parent.path_names) if row.parent else ROOT
    return below(parent, slug=row.slug, name=row.name)

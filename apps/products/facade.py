"""Answers ``contracts.products`` from this service's tables."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from apps.products.selectors.catalogue import quoted
from apps.products.selectors.reservations import claims
from apps.products.selectors.shelf import low_stock
from apps.products.services import reservations
from contracts.products import ItemWanted, Products, QuotedItem, StockClaim
from kernel import clock


class Facade(Products):
    """The catalogue and stock, for other services."""

    service: ClassVar[str] = "products"

    def quote(self, *, skus: list[str]) -> list[QuotedItem]:
        return quoted(skus)

    def reserve(self, *, order_id: UUID, lines: list[ItemWanted], expires_at: datetime | None) -> None:
        reservations.reserve(order_id=order_id, lines=lines, expires_at=expires_at, now=clock.now())

    def confirm(self, *, order_id: UUID) -> None:
        reservations.confirm(order_id=order_id, now=clock.now())

    def cancel(self, *, order_id: UUID) -> None:
        reservations.cancel(order_id=order_id, now=clock.now())

    def restock(self, *, restock_id: UUID, order_id: UUID, lines: list[ItemWanted]) -> None:
        reservations.restock(restock_id=restock_id, order_id=order_id, lines=lines, now=clock.now())

    def claims(self, *, order_ids: list[UUID]) -> list[StockClaim]:
        return claims(order_ids)

    def low_stock_count(self) -> int:
        return low_stock().count()

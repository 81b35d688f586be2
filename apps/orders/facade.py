"""Answers the contract of the orders service from its own tables."""

from uuid import UUID

from apps.orders.selectors.figures import customer_figures, recent_orders
from apps.orders.selectors.shop import shop
from contracts.orders import CustomerFigures, Orders, OrderSummary, ShopProfile


class Facade(Orders):
    """Carts, orders and the shop's settings."""

    def shop(self) -> ShopProfile:
        """Return the shop's settings, remembered for a few seconds."""
        return shop().profile

    def figures(self, *, customer_ids: list[UUID]) -> list[CustomerFigures]:
        """Return what each of these people bought."""
        return customer_figures(customer_ids)

    def recent_orders(self, *, customer_id: UUID, limit: int) -> list[OrderSummary]:
        """Return the newest orders of a person."""
        return recent_orders(customer_id=customer_id, limit=limit)

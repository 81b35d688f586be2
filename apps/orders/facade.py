"""Answers the contract of the orders service from its own tables."""

from typing import Any
from uuid import UUID

from apps.orders.selectors.figures import customer_figures, recent_orders, standings
from apps.orders.selectors.personal_data import numbers_under_way, personal_data
from apps.orders.selectors.shop import shop
from contracts.orders import CustomerFigures, Orders, OrderStanding, OrderSummary, ShopProfile


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

    def standings(self, *, order_ids: list[UUID]) -> list[OrderStanding]:
        """Return where these orders stand."""
        return standings(order_ids)

    def personal_data(self, *, customer_id: UUID, emails: list[str]) -> dict[str, Any]:
        """Return everything that is kept about a person."""
        return personal_data(customer_id=customer_id, emails=emails)

    def orders_under_way(self, *, customer_id: UUID, emails: list[str]) -> list[str]:
        """Return the numbers of what is not over."""
        return numbers_under_way(customer_id=customer_id, emails=emails)

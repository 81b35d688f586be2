"""Carts, orders and payments: the orders service."""

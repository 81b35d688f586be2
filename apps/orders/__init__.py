"""Carts, orders, payments, fulfilments, refunds and the shop's settings."""

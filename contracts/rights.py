"""What a person may do in the back office, and what a token may be allowed to do: the words that every service uses."""

from enum import StrEnum


class Right(StrEnum):
    """A part of the back office. Admins hold every one, members of a permission group those of their groups."""

    CATALOGUE = "catalogue"
    ORDERS = "orders"
    REFUNDS = "refunds"
    CUSTOMERS = "customers"
    STAFF = "staff"
    SETTINGS = "settings"


MEANINGS: dict[Right, str] = {
    Right.CATALOGUE: "Products, categories, pictures, prices, stock and imports",
    Right.ORDERS: "Orders, their payments, parcels and mails",
    Right.REFUNDS: "Giving money back",
    Right.CUSTOMERS: "Accounts of customers",
    Right.STAFF: "Permission groups, who is in them, and the audit log",
    Right.SETTINGS: "The shop's settings, shipping, taxes, vouchers and connected programs",
}

SCOPES: dict[str, str] = {
    "account:read": "See your account and addresses",
    "account:write": "Change your account and addresses",
    "catalogue:read": "See the catalogue as staff sees it",
    "catalogue:write": "Change products, categories, pictures and stock",
    "orders:read": "See carts and orders",
    "orders:write": "Fill carts, place orders and work on them",
    "refunds:write": "Give money back",
    "customers:read": "See customers' accounts",
    "customers:write": "Change customers' accounts",
    "staff:read": "See permission groups and the audit log",
    "settings:read": "See the shop's settings",
    "settings:write": "Change the shop's settings",
}
"""What a personal access token, a connected program or a machine may be allowed: ``<part>:read`` or ``:write``.

Who works here nobody changes by a token: what it gave would outlive it.
"""

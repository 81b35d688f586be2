"""The periodic work of this service registers itself; events of other services need nothing done here."""

from apps.orders.services import cancelling, retention

__all__ = ("cancelling", "retention")

"""What runs out: the stock of published products that has fallen to its mark."""

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce

from apps.products.models.stock import Stock
from contracts.orders import Orders
from kernel.rpc import client


def low_stock() -> QuerySet[Stock]:
    """Return what is at its mark or below, sold out included; the shop's mark counts where there is none of its own."""
    mark = Coalesce("low_stock_mark", Value(client(Orders).shop().low_stock_mark))
    return Stock.objects.filter(variant__product__is_published=True, on_hand__lte=F("reserved") + mark)

"""After orders moved stock: the catalogue shows what is left, and low stock is told once."""

from collections.abc import Collection

from apps.products.models.catalogue import Variant
from apps.products.models.stock import Stock
from apps.products.rules.stock import is_low
from apps.products.services.projection import refresh_availability
from contracts.orders import Orders
from contracts.products import StockLow
from kernel.events.publish import publish
from kernel.rpc import client
from kernel.transactions import unit_of_work


@unit_of_work
def show_after_orders(*, skus: Collection[str]) -> None:
    """Refresh the products of these SKUs; harmless to repeat, whatever the order of events."""
    variants = refresh_availability(skus=set(skus))
    if not variants:
        return
    default_mark = client(Orders).shop().low_stock_mark
    for variant in variants:
        _tell_when_low(variant, default_mark=default_mark)


def _tell_when_low(variant: Variant, *, default_mark: int) -> None:
    stock = variant.stock
    low = is_low(available=stock.available, mark=stock.low_stock_mark, default_mark=default_mark)
    if low == stock.is_low:
        return
    seen = Stock.objects.filter(sku=stock.sku, is_low=stock.is_low)
    if seen.update(is_low=low) and low:
        publish(
            StockLow(
                version=variant.version,
                variant_id=variant.id,
                sku=variant.sku,
                product_name=variant.product.name,
                available=stock.available,
            )
        )

"""What the catalogue does when orders change: it shows what is left, and tells when that is little."""

from importlib import import_module

from apps.products.services.erasing import forget_worker
from apps.products.services.reservations import cancel, restock
from apps.products.services.shelf import show_after_orders
from contracts.orders import GoodsReturned, OrderCancelled, OrderPlaced, OrderRefunded
from contracts.products import ItemWanted
from contracts.users import UserErased
from kernel import clock
from kernel.events.handling import handles

for _periodic in ("expiry", "freshness", "import_jobs"):  # register the periodic jobs
    import_module(f"apps.products.services.{_periodic}")


@handles(OrderPlaced)
def show_after_order(event: OrderPlaced) -> None:
    """Show what is left of what was ordered."""
    show_after_orders(skus=[line.sku for line in event.lines])


@handles(OrderCancelled)
def show_after_cancellation(event: OrderCancelled) -> None:
    """Give back what the order held, where that was not one step with calling it off, and show what came back."""
    cancel(order_id=event.order_id, now=clock.now())
    show_after_orders(skus=event.skus)


@handles(OrderRefunded)
def show_after_refund(event: OrderRefunded) -> None:
    """Show what was put back on the shelf."""
    show_after_orders(skus=event.skus)


@handles(GoodsReturned)
def put_back_after_refund(event: GoodsReturned) -> None:
    """Put back what came back, where that was not one step with the refund, and show it."""
    items = [ItemWanted(sku=line.sku, quantity=line.quantity) for line in event.lines]
    restock(restock_id=event.refund_id, order_id=event.order_id, lines=items, now=clock.now())
    show_after_orders(skus=[item.sku for item in items])


@handles(UserErased)
def forget_person(event: UserErased) -> None:
    """Take a person out of the ledger who once worked here."""
    forget_worker(user_id=event.user_id, emails=event.emails)

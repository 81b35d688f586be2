"""What the orders service does when something happens elsewhere, and by the clock."""

from apps.orders.services import (  # noqa: F401 - their periodic jobs register themselves
    cancelling,
    provider_news,
    retention,
    returning,
    settling,
)
from apps.orders.services.erasing import forget_customer
from contracts.users import UserErased
from kernel import clock
from kernel.events.handling import handles


@handles(UserErased)
def forget_person(event: UserErased) -> None:
    """Keep what was sold, forget to whom."""
    forget_customer(customer_id=event.user_id, emails=event.emails, now=clock.now())

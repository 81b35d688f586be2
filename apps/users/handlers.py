"""What the users service does when something happens elsewhere, and by the clock."""

from apps.users.services import audit_chain, demo, grants, second_factor, sessions, tokens  # noqa: F401 - a check and periodic jobs register themselves
from apps.users.services.audit import keep_action
from apps.users.services.audit_chain import erase_person
from contracts.notifications import NotificationsAction
from contracts.orders import OrdersAction
from contracts.products import ProductsAction
from contracts.users import UserErased, UsersAction
from kernel import clock
from kernel.events.handling import handles


@handles(UsersAction)
def keep_users_action(event: UsersAction) -> None:
    keep_action(event)


@handles(ProductsAction)
def keep_products_action(event: ProductsAction) -> None:
    keep_action(event)


@handles(OrdersAction)
def keep_orders_action(event: OrdersAction) -> None:
    keep_action(event)


@handles(NotificationsAction)
def keep_notifications_action(event: NotificationsAction) -> None:
    keep_action(event)


@handles(UserErased)
def forget_late_entries(event: UserErased) -> None:
    """Blank what came into the audit log while the account was being erased, and drop sign-ins that were only begun."""
    emails = [*event.emails, *event.unproven]
    erase_person(user_id=event.user_id, emails=emails, now=clock.now())
    sessions.forget_sessions_of(user_id=event.user_id, emails=emails)

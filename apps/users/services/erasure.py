"""Erasing an account: a nameless row stays, so that what was sold and audited keeps its order; everything else goes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Client, Token
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.db.models import Model

from apps.users import rules, selectors
from apps.users.models import AccessToken, Address, PermissionGroup, UsedCode, User
from apps.users.services.audit import record_event
from apps.users.services.audit_chain import erase_late_entries, erase_person
from apps.users.services.standing import lock_people
from contracts.orders import Orders
from contracts.users import UserErased, UsersAction
from kernel import audit, clock
from kernel.actors import Actor
from kernel.errors import DomainError, ForbiddenError, NotFoundError
from kernel.events.inbox import forget_copies
from kernel.events.publish import publish
from kernel.periodic import every
from kernel.rpc import client
from kernel.transactions import unit_of_work

PERSONAL: tuple[type[Model], ...] = (
    Address,
    EmailAddress,
    Authenticator,
    SocialAccount,
    AccessToken,
    Token,
    UsedCode,
    LogEntry,
    PermissionGroup.members.through,
)
"""Tables of which every row with the person's key goes."""
LATE_REQUESTS = timedelta(days=1)
"""How long a request may linger that began before its account was erased; generous."""


class OrdersUnderWayError(DomainError):
    """Somebody waits for goods or money: a person who is forgotten would get neither."""

    code = "orders_under_way"
    status = 409

    def __init__(self, *, numbers: list[str]) -> None:
        super().__init__(
            "These orders are still under way: " + ", ".join(numbers) + ". An account is erased once they are over.",
            extra={"orders": numbers},
        )


class StaffAccountError(DomainError):
    """Somebody who works here is not erased: a super user takes role and groups away first."""

    code = "staff_account"
    status = 409

    def __init__(self) -> None:
        super().__init__("This account works in the back office: its role and its groups have to be taken away first.")


def erase_account(*, user_id: UUID, actor: Actor, now: datetime) -> None:
    """Erase an account: the person's own, or a customer's by staff. Erasing twice changes nothing.

    :raises OrdersUnderWayError: names the orders that are not over.
    :raises StaffAccountError: the account works in the back office.
    :raises ForbiddenError: it is not the actor's to erase.
    """
    _check_everywhere(user_id=user_id, actor=actor)
    _erase(user_id=user_id, actor=actor, now=now)


def refusal(*, user_id: UUID, actor: Actor) -> str:
    """Return why an account cannot be erased now, or nothing."""
    try:
        _check_everywhere(user_id=user_id, actor=actor)
    except DomainError as error:
        return error.message
    return ""


def _check_everywhere(*, user_id: UUID, actor: Actor) -> None:
    user = User.objects.filter(id=user_id).first()
    if user is None:
        raise NotFoundError("There is no such account.")
    _check(user, actor=actor)
    proven, _unproven = _emails(user)
    numbers = client(Orders).orders_under_way(customer_id=user_id, emails=proven)
    if numbers:
        raise OrdersUnderWayError(numbers=numbers)


@unit_of_work
def _erase(*, user_id: UUID, actor: Actor, now: datetime) -> None:
    if actor.id != user_id:
        lock_people(actor, user_id)
    user = User.objects.select_for_update().get(id=user_id)
    _check(user, actor=actor)
    if user.erased_at is not None:
        return
    proven, unproven = _emails(user)
    former = selectors.former_addresses(user_id)
    _drop_rows([user_id])
    Client.objects.filter(owner_id=user_id).update(owner=None)
    _blank(user, now=now)
    if actor.id == user_id:
        record_event(action="account_erased", user_id=user_id, now=now)
    audit.record(UsersAction, "account_erased", about=("user", user_id), actor=actor, now=now)
    erase_person(user_id=user_id, emails=[*proven, *unproven, *former], now=now)
    forget_copies(service="users", words=[str(user_id), *proven, *former])
    publish(UserErased(version=user.version, user_id=user_id, emails=proven, unproven=[*unproven, *former]))


@every(minutes=60)
def forget_late_rows() -> None:
    """Drop what a request wrote that had begun before its account was erased and ended after it."""
    recent = User.objects.filter(erased_at__gt=clock.now() - LATE_REQUESTS)
    if ids := list(recent.values_list("id", flat=True)):
        unit_of_work(_drop_rows)(ids)
        for user_id in ids:
            erase_late_entries(user_id=user_id, now=clock.now())


def _drop_rows(user_ids: Sequence[UUID]) -> None:
    for session in UserSession.objects.filter(user_id__in=user_ids):
        session.end()
    for table in PERSONAL:
        table._default_manager.filter(user_id__in=user_ids).delete()  # noqa: SLF001 - Django's public name for it


def _blank(user: User, *, now: datetime) -> None:
    user.email = f"erased-{user.id}@erased.invalid"
    user.name = ""
    user.phone = user.phone_verified_at = user.verified_at = user.last_login = user.granted_rights = None
    user.is_active = user.is_staff = user.is_superuser = False
    user.erased_at = user.updated_at = now
    user.session_generation += 1
    user.version += 1
    user.set_unusable_password()
    user.save()


def _check(user: User, *, actor: Actor) -> None:
    if user.is_staff or user.granted_rights:
        raise StaffAccountError
    may_change = rules.may_change_account(actor, target=user.granted_role, has_rights=False)
    if actor.id != user.id and not may_change:
        raise ForbiddenError("You may not erase this account.")


def _emails(user: User) -> tuple[list[str], list[str]]:
    """Return the addresses that the person has proven, and the others."""
    known = dict(EmailAddress.objects.filter(user_id=user.id).order_by("email").values_list("email", "verified"))
    proven = [email for email, is_proven in known.items() if is_proven]
    return proven, sorted({*known, user.email} - set(proven))

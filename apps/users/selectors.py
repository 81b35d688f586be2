"""Reads about accounts, addresses and tokens, with who may see them."""

from uuid import UUID

from django.db.models import QuerySet

from apps.users.models import AccessToken, Address, User
from contracts.rights import Right
from kernel import addresses
from kernel.actors import Actor


def visible_users(actor: Actor, *, search: str = "", is_active: bool | None = None) -> QuerySet[User]:
    """Return the accounts that the actor may see: staff all, others only their own."""
    users = User.objects.get_queryset()
    if not actor.may(Right.CUSTOMERS):
        users = users.filter(id=actor.id) if actor.id else users.none()
    if is_active is not None:
        users = users.filter(is_active=is_active)
    return users.matching(search) if search else users


def own_addresses(actor: Actor) -> QuerySet[Address]:
    """Return the actor's saved addresses, the default one first."""
    return addresses_of(actor.id) if actor.id else Address.objects.none()


def addresses_of(user_id: UUID) -> QuerySet[Address]:
    """Return a person's saved addresses, the default one first."""
    return Address.objects.filter(user_id=user_id).default_first()


def own_tokens(actor: Actor) -> QuerySet[AccessToken]:
    """Return the actor's personal access tokens, the newest first; those that ran out lately, too."""
    if actor.id is None:
        return AccessToken.objects.none()
    return AccessToken.objects.filter(user_id=actor.id).order_by("-created_at", "-id")


def plain(address: Address) -> addresses.Address:
    """Return an address as it travels between services."""
    return addresses.Address(
        name=address.name,
        line1=address.line1,
        line2=address.line2,
        postcode=address.postcode,
        city=address.city,
        region=address.region,
        country=address.country,
        phone=address.phone,
    )

"""Addresses that people save for the next order."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db.models import F

from apps.users.models import Address, User
from apps.users.services.accounts import locked_user
from kernel import addresses
from kernel.actors import Actor
from kernel.errors import DomainError, NotFoundError
from kernel.http.etags import check_version
from kernel.transactions import unit_of_work

MOST_ADDRESSES = 50


class TooManyAddressesError(DomainError):
    """A person keeps a limited number of addresses."""

    code = "too_many_addresses"
    status = 409

    def __init__(self) -> None:
        super().__init__(f"You can keep {MOST_ADDRESSES} addresses. Delete one first.")


@unit_of_work
def add_address(*, address: addresses.Address, is_default: bool = False, actor: Actor, now: datetime) -> Address:
    """Save a new address of the actor; the first one is the default."""
    user = _owner(actor)
    count = user.addresses.count()
    if count >= MOST_ADDRESSES:
        raise TooManyAddressesError
    saved = Address.objects.create(user=user, created_at=now, **asdict(address))
    if is_default or count == 0:
        _make_default(saved)
    return saved


@unit_of_work
def change_address(
    *,
    address_id: UUID,
    address: addresses.Address | None = None,
    changes: Mapping[str, str] | None = None,
    is_default: bool | None = None,
    actor: Actor,
    now: datetime,
    version: int | None = None,
) -> Address:
    """Replace an address or parts of it; a default stays the default until another one is chosen.

    :raises PreconditionFailedError: ``version`` is given and not the current one.
    """
    saved = _own_address(address_id, _owner(actor))
    check_version(current=saved.version, expected=version)
    wanted = asdict(address) if address else dict(changes or {})
    for field, value in wanted.items():
        setattr(saved, field, value)
    saved.version += 1
    saved.updated_at = now
    saved.save()
    if is_default:
        _make_default(saved)
    return saved


@unit_of_work
def choose_default_address(*, address_id: UUID, actor: Actor, now: datetime) -> Address:
    """Use this address unless another one is said."""
    saved = _own_address(address_id, _owner(actor))
    saved.version += 1
    saved.updated_at = now
    _make_default(saved)
    return saved


@unit_of_work
def delete_address(*, address_id: UUID, actor: Actor, version: int | None = None) -> None:
    """Forget an address; after the default, the newest one left takes its place.

    :raises PreconditionFailedError: ``version`` is given and not the current one.
    """
    user = _owner(actor)
    saved = _own_address(address_id, user)
    check_version(current=saved.version, expected=version)
    was_default = saved.is_default
    saved.delete()
    heir = user.addresses.order_by("-id").first()
    if was_default and heir is not None:
        heir.version += 1
        _make_default(heir)


def _owner(actor: Actor) -> User:
    """Lock the person, so that two requests do not both make a default."""
    if actor.id is None:
        raise NotFoundError("There is no such account.")
    return locked_user(user_id=actor.id)


def _own_address(address_id: UUID, user: User) -> Address:
    saved = user.addresses.filter(id=address_id).first()
    if saved is None:
        raise NotFoundError("There is no such address.")
    return saved


def _make_default(address: Address) -> None:
    others = Address.objects.filter(default_of_id=address.user_id).exclude(id=address.id)
    others.update(default_of=None, version=F("version") + 1)  # they are shown otherwise now
    address.default_of_id = address.user_id
    address.save(update_fields=["default_of", "version", "updated_at"])

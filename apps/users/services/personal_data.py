"""A person's own data as one JSON document: what every service keeps about the person, asked of each once."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Token
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db.models import Model, Q

from apps.users.models import AccessToken, Address, AuditEntry, PermissionGroup, User
from apps.users.services.audit_chain import OWN_THINGS, at_addresses
from contracts.notifications import Notifications
from contracts.orders import Orders
from kernel.codec import encode
from kernel.errors import NotFoundError
from kernel.rpc import client

FORMAT = "saluhall.personal-data.v1"
"""Names the shape, which is only ever added to."""


def personal_data(*, user_id: UUID, now: datetime) -> dict[str, Any]:
    """Return everything about a person, ready for JSON; the number of statements does not grow with the account.

    Orders of a guest count as the person's where the person has proven the address that they were placed under.
    """
    user = User.objects.filter(id=user_id).first()
    if user is None:
        raise NotFoundError("There is no such account.")
    addresses = list(EmailAddress.objects.filter(user_id=user_id).order_by("email"))
    proven = [address.email for address in addresses if address.verified]
    document: dict[str, Any] = encode(
        {
            "format": FORMAT,
            "made_at": now,
            "account": _account(user),
            "email_addresses": _rows(addresses, ("email", "verified", "primary")),
            **_of_users(user_id, proven=proven),
        }
    )
    orders = client(Orders).personal_data(customer_id=user_id, emails=proven)
    return document | orders | client(Notifications).personal_data(emails=proven)


def _account(user: User) -> dict[str, Any]:
    said = ("id", "email", "name", "phone", "is_active")
    moments = ("verified_at", "phone_verified_at", "date_joined", "last_login", "updated_at")
    return {**_fields(user, said), "role": user.granted_role, **_fields(user, moments)}


def _of_users(user_id: UUID, *, proven: Collection[str]) -> dict[str, Any]:
    mine = {"user_id": user_id}
    postal = ("name", "line1", "line2", "postcode", "city", "region", "country", "phone", "created_at")
    token = ("name", "hint", "scopes", "created_at", "expires_at", "last_used_at")
    groups = PermissionGroup.objects.filter(members=user_id).order_by("name")
    return {
        "addresses": _rows(Address.objects.filter(**mine).order_by("id"), (*postal, "is_default")),
        "second_factors": _rows(
            Authenticator.objects.filter(**mine).order_by("id"), ("type", "created_at", "last_used_at")
        ),
        "connected_accounts": _rows(
            SocialAccount.objects.filter(**mine).order_by("id"),
            ("provider", "uid", "date_joined", "last_login", "extra_data"),
        ),
        "connected_programs": [_program(row) for row in _programs(user_id)],
        "access_tokens": _rows(AccessToken.objects.filter(**mine).order_by("id"), token),
        "sessions": _rows(
            UserSession.objects.filter(**mine).order_by("id"), ("user_agent", "ip", "created_at", "last_seen_at")
        ),
        "permission_groups": list(groups.values_list("name", flat=True)),
        "audit_entries": [_entry(entry, user_id=user_id) for entry in _entries(user_id, proven=proven)],
    }


def _programs(user_id: UUID) -> Iterable[Token]:
    tokens: Iterable[Token] = Token.objects.filter(user_id=user_id).select_related("client").order_by("id")
    return tokens


def _program(token: Token) -> dict[str, Any]:
    name = token.client.name if token.client else ""
    return {
        "program": name,
        "kind": token.type,
        "scopes": token.get_scopes(),
        **_fields(token, ("created_at", "expires_at")),
    }


def _entries(user_id: UUID, *, proven: Collection[str]) -> Iterable[AuditEntry]:
    about = Q(actor_id=user_id) | Q(subject_kind="user", subject_id=str(user_id))
    return AuditEntry.objects.filter(about | at_addresses(proven)).order_by("-at", "-id")


def _entry(entry: AuditEntry, *, user_id: UUID) -> dict[str, Any]:
    """Return an entry; where somebody of the staff acted, not from where, and what staff changed of others, not what it was."""
    told = _fields(entry, ("at", "action", "count", "subject_kind", "before", "after"))
    is_own = (entry.subject_kind, entry.subject_id) == ("user", str(user_id)) or entry.subject_kind in OWN_THINGS
    if not is_own:
        told |= {"before": "", "after": ""}
    if entry.actor_id is None and not entry.subject_kind:
        return {**told, "by": "somebody who was not signed in"}
    if entry.actor_id != user_id:
        return {**told, "by": "the shop"}
    return {**told, "by": "you", **_fields(entry, ("client", "address", "user_agent"))}


def _rows(rows: Iterable[Model], names: Iterable[str]) -> list[dict[str, Any]]:
    return [_fields(row, names) for row in rows]


def _fields(row: Model, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}

"""Reads about accounts, addresses and tokens, with who may see them, and what has to hold for the audit log."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Client, Token
from django.db.models import Count, F, Q, QuerySet

from apps.users import rules
from apps.users.models import AccessToken, Address, AuditEntry, PermissionGroup, User
from contracts.rights import Right
from kernel import addresses, clock
from kernel.actors import Actor
from kernel.doctor import Finding, check
from kernel.errors import NotFoundError
from kernel.spelling import Spelled

SENT_TO = "sent_to"
"""Where a token of a program keeps the address at which the program heard of the person's permission."""
REGISTRATION = "registration"
"""Where it keeps which registration of that address this was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that may act for a person."""

    client: Client
    since: datetime
    scopes: set[str] = field(default_factory=set)


def visible_users(actor: Actor, *, search: str = "", is_active: bool | None = None) -> QuerySet[User]:
    """Return the accounts that the actor may see: staff all but those that are erased, others only their own."""
    users = User.objects.get_queryset().filter(erased_at=None)
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


def visible_groups(actor: Actor) -> QuerySet[PermissionGroup]:
    """Return the permission groups, with how many are in each: for those who look after the staff."""
    groups = PermissionGroup.objects.annotate(member_count=Count("members"))
    return groups if actor.may(Right.STAFF) else groups.none()


def person_with(email: str) -> User:
    """Return the account with this e-mail address.

    :raises NotFoundError: there is none.
    """
    person = User.objects.get_queryset().filter(Spelled("email", [email.strip().lower()])).first()
    if person is None:
        raise NotFoundError("Nobody has an account with this address.")
    return person


def members_of(group: PermissionGroup) -> QuerySet[User]:
    """Return the people of a group."""
    return User.objects.get_queryset().filter(permission_groups=group)


def accounts_with_wrong_rights() -> list[User]:
    """Return the accounts whose rights are not what their groups add up to: none, unless somebody wrote past the services."""
    users = User.objects.filter(Q(permission_groups__isnull=False) | Q(granted_rights__isnull=False)).distinct()
    return [user for user in users.prefetch_related("permission_groups").order_by("id") if not _adds_up(user)]


def _adds_up(user: User) -> bool:
    given = {right for group in user.permission_groups.all() for right in rules.rights_in(group.rights)}
    return (user.granted_rights or "") == rules.rights_text(given)


def oauth_clients() -> QuerySet[Client]:
    """Return the programs that admins connected, the newest first, each with its version."""
    clients: QuerySet[Client] = Client.objects.annotate(version=F("data__version")).order_by("-created_at", "-id")
    return clients


def oauth_client(client_id: str) -> QuerySet[Client]:
    """Return the program of this id, to the letter: MariaDB and MySQL take another spelling for it."""
    return oauth_clients().filter(Spelled("id", [client_id]))


def living_access_token(digest: str, *, now: datetime) -> Token | None:
    """Return an access token of a program with the program, unless it ran out or was taken back."""
    found = Token.objects.filter(type=Token.Type.ACCESS_TOKEN, hash=digest, expires_at__gt=now)
    row: Token | None = found.exclude(client=None).select_related("client").first()
    return row


def programs_of(user_id: UUID, *, now: datetime) -> list[Program]:
    """Return the programs that may act for a person now, by name, with all that they may do."""
    held: dict[str, Program] = {}
    for token in _living_tokens(user_id, now).select_related("client").order_by("created_at"):
        program = held.setdefault(token.client_id, Program(client=token.client, since=token.created_at))
        program.scopes.update(scope for scope in token.get_scopes() if scope in token.client.get_scopes())
    return sorted(held.values(), key=lambda program: (program.client.name, program.client.id))


def allowed_scopes(*, user_id: UUID, client: Client, redirect_uri: str, now: datetime) -> set[str]:
    """Return what a person let one program do that was answered at this address: another may be somebody else's.

    So may this one be, if it was taken from the program meanwhile and given back.
    """
    told = (redirect_uri, rules.registration_of(client.data, redirect_uri))
    held = _living_tokens(user_id, now).filter(client_id=client.id).values_list("scopes", "data")
    return {scope for text, data in held if _told_at(data or {}) == told for scope in text.split()}


def _told_at(data: dict[str, object]) -> tuple[object, object]:
    return data.get(SENT_TO), data.get(REGISTRATION, 0)


def expired_tokens(now: datetime) -> QuerySet[Token]:
    """Return what is left of programs' tokens that ran out."""
    tokens: QuerySet[Token] = Token.objects.filter(expires_at__lt=now)
    return tokens


def _living_tokens(user_id: UUID, now: datetime) -> QuerySet[Token]:
    kinds = (Token.Type.ACCESS_TOKEN, Token.Type.REFRESH_TOKEN)
    tokens: QuerySet[Token] = Token.objects.filter(
        user_id=user_id, type__in=kinds, expires_at__gt=now, client__isnull=False
    )
    return tokens


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


def audit_entries(
    actor: Actor,
    *,
    action: str = "",
    actor_text: str = "",
    about: tuple[str, str] = ("", ""),
    address: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    search: str = "",
) -> QuerySet[AuditEntry]:
    """Return the entries of the audit log that fit, to those who may read it.

    :param actor_text: id or e-mail address of who acted.
    :param about: kind and id of what it was done to; either may be empty.
    """
    entries = AuditEntry.objects.get_queryset() if actor.may(Right.STAFF) else AuditEntry.objects.none()
    given = {
        "action": action,
        "subject_kind": about[0],
        "subject_id": about[1],
        "address": address,
        "at__gte": since,
        "at__lt": until,
        **_who(actor_text),
    }
    entries = entries.filter(**{name: value for name, value in given.items() if value})
    if search:
        fields = ("actor_label", "subject_id", "client", "user_agent", "request_id", "before", "after")
        entries = entries.filter(reduce(or_, (Q(**{f"{name}__icontains": search}) for name in fields)))
    return entries


def former_addresses(user_id: UUID) -> list[str]:
    """Return the e-mail addresses that an account had before, as the log tells, but for those that others have by now."""
    changes = AuditEntry.objects.filter(action="email_changed", subject_kind="user", subject_id=str(user_id))
    told = {
        str(json.loads(after)["former"]).lower() for after in changes.exclude(after="").values_list("after", flat=True)
    }
    taken = EmailAddress.objects.filter(email__in=told).values_list("email", flat=True)
    return sorted(told.difference(taken, User.objects.filter(email__in=told).values_list("email", flat=True)))


def _who(text: str) -> dict[str, str | UUID]:
    try:
        return {"actor_id": UUID(text)}
    except ValueError:
        return {"actor_label": text.lower()}


@check(is_about_time=True)
def audit_log_is_sealed() -> Iterator[Finding]:
    """Every entry of the audit log is put under seal within half an hour."""
    open_ones = AuditEntry.objects.filter(sequence=None, at__lt=clock.now() - timedelta(minutes=30))
    if count := open_ones.count():
        yield Finding(
            about="audit log",
            problem=f"{count} entries are older than half an hour and not sealed.",
            mend="Start the worker (manage.py worker), then check the chain: manage.py audit verify",
        )

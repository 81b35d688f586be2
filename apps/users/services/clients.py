"""Programs that admins connect to the shop's OAuth server; each change is told to the audit log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Client, Token
from django.db.models import QuerySet

from apps.users import rules
from apps.users.selectors import SENT_TO
from apps.users.services.standing import lock_people
from contracts.rights import SCOPES
from contracts.users import UsersAction
from kernel import audit
from kernel.actors import Actor
from kernel.errors import DomainError, InvalidInputError, NotFoundError
from kernel.http.etags import check_version
from kernel.spelling import Spelled
from kernel.transactions import unit_of_work


class ScopeBeyondOwnError(DomainError):
    """A program that acts for itself may not do more than the one who connects it."""

    code = "scope_beyond_own"
    status = 403

    def __init__(self, scopes: Sequence[str]) -> None:
        super().__init__(f"You do not hold yourself what this program would: {', '.join(scopes)}.")
        self.extra = {"scopes": list(scopes)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an admin says about a program."""

    name: str
    is_confidential: bool = True
    """Whether it runs where it can keep a secret: on a server, not in a browser or on a phone."""
    acts_for_people: bool = True
    """Whether people sign in to it and let it act for them."""
    acts_for_itself: bool = False
    """Whether it signs in without a person."""
    keeps_access: bool = True
    """Whether people stay signed in to it, by refresh tokens."""
    scopes: tuple[str, ...] = ()
    redirect_uris: tuple[str, ...] = ()
    logout_uris: tuple[str, ...] = ()
    is_resource_server: bool = False
    """Whether it serves data to others, and so may ask about everybody's tokens."""

    def grant_types(self) -> list[str]:
        """Return the same in OAuth's words."""
        people = ["authorization_code", *(["refresh_token"] if self.keeps_access else [])]
        return [*(people if self.acts_for_people else []), *(["client_credentials"] if self.acts_for_itself else [])]


def described(client: Client) -> Wanted:
    """Return what was said about a program."""
    grants = client.get_grant_types()
    return Wanted(
        name=client.name,
        is_confidential=client.type == Client.Type.CONFIDENTIAL,
        acts_for_people="authorization_code" in grants,
        acts_for_itself="client_credentials" in grants,
        keeps_access="refresh_token" in grants,
        scopes=tuple(client.get_scopes()),
        redirect_uris=tuple(client.get_redirect_uris()),
        logout_uris=tuple(client.get_post_logout_redirect_uris()),
        is_resource_server=rules.is_resource_server(client.data),
    )


@unit_of_work
def connect_program(*, wanted: Wanted, actor: Actor, now: datetime) -> tuple[Client, str]:
    """Connect a program; return it and its secret, which is empty for one that can keep none, and never shown again.

    :raises InvalidInputError: says at each field what is wrong with it.
    :raises ScopeBeyondOwnError: it would do by itself what the actor may not.
    """
    lock_people(actor)
    _check(wanted, actor=actor)
    adapter = get_adapter()
    client = Client(id=adapter.generate_client_id(), created_at=now, response_types="code", data={"version": 1})
    secret = _give_secret(client) if wanted.is_confidential else _no_secret(client)
    _write(client, wanted)
    client.save(force_insert=True)
    _tell("program_connected", client, actor=actor, now=now, after=_facts(wanted))
    return client, secret


@unit_of_work
def change_program(
    *, client_id: str, wanted: Wanted, actor: Actor, now: datetime, version: int | None = None
) -> Client:
    """Change a program; whether it keeps a secret stays, for its tokens were given on that ground.

    :raises InvalidInputError: says at each field what is wrong with it.
    :raises ScopeBeyondOwnError: it does or would do by itself what the actor may not.
    """
    client = _locked(client_id)
    lock_people(actor)
    check_version(current=version_of(client), expected=version)
    before = described(client)
    _check_hands_off(before, actor=actor)
    _check(wanted, actor=actor)
    if wanted.is_confidential != before.is_confidential:
        raise InvalidInputError(
            "Connect another program instead.", fields={"is_confidential": ["This cannot be changed later."]}
        )
    _write(client, wanted)
    _save(client)
    _end_what_is_withdrawn(client, before=before, after=wanted)
    _tell("program_changed", client, actor=actor, now=now, before=_facts(before), after=_facts(wanted))
    return client


@unit_of_work
def rotate_secret(*, client_id: str, actor: Actor, now: datetime) -> tuple[Client, str]:
    """Give a program another secret; the old one and what it got for itself end at once.

    :raises ScopeBeyondOwnError: who knew the secret could do what the actor may not.
    """
    client = _locked(client_id)
    lock_people(actor)
    before = described(client)
    _check_hands_off(before, actor=actor)
    if not before.is_confidential:
        raise InvalidInputError("This program keeps no secret.")
    secret = _give_secret(client)
    _save(client)
    Token.objects.filter(client=client, user=None).delete()
    _tell("program_secret_rotated", client, actor=actor, now=now)
    return client, secret


@unit_of_work
def disconnect_program(*, client_id: str, actor: Actor, now: datetime, version: int | None = None) -> None:
    """Delete a program and every token that it holds."""
    client = _locked(client_id)
    lock_people(actor)
    check_version(current=version_of(client), expected=version)
    _tell("program_disconnected", client, actor=actor, now=now, before=_facts(described(client)))
    client.delete()


def _end_what_is_withdrawn(client: Client, *, before: Wanted, after: Wanted) -> None:
    """End the tokens of a kind that the program gets no more, also for the day on which it may get them again.

    With an address what was given there: it may have been somebody else's.
    """
    held = Token.objects.filter(client=client)
    if before.acts_for_itself and not after.acts_for_itself:
        held.filter(user=None).delete()
    if before.acts_for_people and not after.acts_for_people:
        held.exclude(user=None).delete()
    elif before.keeps_access and not after.keeps_access:
        held.filter(type=Token.Type.REFRESH_TOKEN).delete()
    living = held.filter(type__in=(Token.Type.ACCESS_TOKEN, Token.Type.REFRESH_TOKEN))
    for address in set(before.redirect_uris) - set(after.redirect_uris):
        living.filter(**{f"data__{SENT_TO}": address}).delete()
    if lost := set(before.scopes) - set(after.scopes):
        _take_out_of_tokens(living, lost)


def _take_out_of_tokens(living: "QuerySet[Token]", lost: set[str]) -> None:
    """Take scopes out of tokens: nobody was asked about the day on which the program may get them again."""
    for text in set(living.order_by().values_list("scopes", flat=True).distinct()):
        token = Token(scopes=text)
        kept = [scope for scope in token.get_scopes() if scope not in lost]
        if not kept:
            living.filter(scopes=text).delete()
        elif len(kept) < len(token.get_scopes()):
            token.set_scopes(kept)
            living.filter(scopes=text).update(scopes=token.scopes)


def version_of(client: Client) -> int:
    """Return how often a program was changed, counted from 1."""
    return int((client.data or {}).get("version", 1))


def _check(wanted: Wanted, *, actor: Actor) -> None:
    faults = {name: found for name, found in _faults(wanted) if found}
    if faults:
        raise InvalidInputError("The program cannot be connected like this.", fields=faults)
    _check_hands_off(wanted, actor=actor)


def _check_hands_off(program: Wanted, *, actor: Actor) -> None:
    beyond = rules.scopes_beyond(actor, program.scopes) if program.acts_for_itself else []
    if beyond:
        raise ScopeBeyondOwnError(beyond)


def _faults(wanted: Wanted) -> list[tuple[str, list[str]]]:
    unknown = sorted(set(wanted.scopes) - set(SCOPES) - set(rules.IDENTITY_SCOPES))
    return [
        ("name", [problem] if (problem := rules.program_name_problem(wanted.name)) else []),
        ("scopes", [f"There is no scope {scope}." for scope in unknown] or _missing_scopes(wanted)),
        ("redirect_uris", _bad_addresses(wanted, wanted.redirect_uris) or _missing_addresses(wanted)),
        ("logout_uris", _bad_addresses(wanted, wanted.logout_uris)),
        ("acts_for_itself", _bad_grants(wanted)),
        ("is_resource_server", _needs_secret(wanted, needs=wanted.is_resource_server)),
    ]


def _missing_scopes(wanted: Wanted) -> list[str]:
    if not wanted.scopes and not wanted.is_resource_server:
        return ["Choose at least one."]
    if wanted.acts_for_itself and not set(wanted.scopes) - set(rules.IDENTITY_SCOPES):
        return ["A program that acts for itself needs something that it may do."]
    return []


def _missing_addresses(wanted: Wanted) -> list[str]:
    if wanted.acts_for_people and not wanted.redirect_uris:
        return ["Say where people come back to after they allowed it."]
    return []


def _bad_addresses(wanted: Wanted, addresses: Sequence[str]) -> list[str]:
    if len(addresses) > rules.MOST_REDIRECTS:
        return [f"At most {rules.MOST_REDIRECTS} addresses."]
    found = {one: rules.redirect_problem(one, has_secret=wanted.is_confidential) for one in addresses}
    return [f"{address[:80]}: {problem}" for address, problem in found.items() if problem]


def _bad_grants(wanted: Wanted) -> list[str]:
    if not (wanted.acts_for_people or wanted.acts_for_itself or wanted.is_resource_server):
        return ["It has to act for people or for itself."]
    return _needs_secret(wanted, needs=wanted.acts_for_itself)


def _needs_secret(wanted: Wanted, *, needs: bool) -> list[str]:
    return ["Only a program that keeps a secret can do this."] if needs and not wanted.is_confidential else []


def _write(client: Client, wanted: Wanted) -> None:
    client.name = wanted.name.strip()
    client.type = Client.Type.CONFIDENTIAL if wanted.is_confidential else Client.Type.PUBLIC
    client.set_grant_types(wanted.grant_types())
    client.set_scopes(list(dict.fromkeys(wanted.scopes)))
    registered = _registered(client, wanted.redirect_uris)
    client.set_redirect_uris(list(registered))
    said = {"is_resource_server": wanted.is_resource_server, rules.REGISTERED: registered}
    client.data = {**(client.data or {}), **said}
    client.set_post_logout_redirect_uris(list(dict.fromkeys(wanted.logout_uris)))


def _registered(client: Client, addresses: Sequence[str]) -> dict[str, int]:
    """Return at which version each address was registered: nobody was asked about one that is given back."""
    known = client.get_redirect_uris()
    return {
        address: rules.registration_of(client.data, address) if address in known else version_of(client)
        for address in addresses
    }


def _save(client: Client) -> None:
    client.data = {**(client.data or {}), "version": version_of(client) + 1}
    client.save()


def _give_secret(client: Client) -> str:
    secret: str = get_adapter().generate_client_secret()
    client.secret = rules.secret_digest(secret)
    return secret


def _no_secret(client: Client) -> str:
    client.secret = ""
    return ""


def _locked(client_id: str) -> Client:
    client: Client | None = Client.objects.select_for_update().filter(Spelled("id", [client_id])).first()
    if client is None:
        raise NotFoundError("There is no such program.")
    return client


def _facts(wanted: Wanted) -> dict[str, Any]:
    return {
        "name": wanted.name,
        "is_confidential": wanted.is_confidential,
        "grant_types": wanted.grant_types(),
        "scopes": list(wanted.scopes),
        "redirect_uris": list(wanted.redirect_uris),
        "logout_uris": list(wanted.logout_uris),
        "is_resource_server": wanted.is_resource_server,
    }


def _tell(
    action: str,
    client: Client,
    *,
    actor: Actor,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(
        UsersAction, action, about=("oauth_client", client.id), actor=actor, now=now, before=before, after=after
    )

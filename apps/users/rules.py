"""Who holds which role, and who may change whom. Pure decisions."""

import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Network, ip_address
from urllib.parse import SplitResult, unquote, urlsplit

from contracts.rights import SCOPES, Right
from kernel.actors import MASTERS, Actor, Role

STAFF_ROLES = frozenset({Role.ADMIN, Role.SUPER_USER})
GIVEN_ROLES = (Role.REGULAR, Role.ADMIN, Role.SUPER_USER)


def role_of(*, privileged: bool, is_superuser: bool) -> Role:
    """Return the role of an account; super user rights without privilege are worth nothing."""
    if not privileged:
        return Role.REGULAR
    return Role.SUPER_USER if is_superuser else Role.ADMIN


def is_reading(permission: str) -> bool:
    """Tell whether a Django permission such as ``users.view_user`` only looks."""
    return permission.rpartition(".")[2].startswith("view_")


def may_change_account(actor: Actor, *, target: Role, has_rights: bool) -> bool:
    """Admins are a super user's business, members of permission groups an admin's; who holds the right serves customers.

    :param has_rights: whether the target is in a permission group that gives rights.
    """
    if target in STAFF_ROLES:
        return actor.is_super_user
    if has_rights and actor.role in {Role.REGULAR, Role.MACHINE}:
        return False
    return actor.may_write(Right.CUSTOMERS)


def may_give_role(actor: Actor, role: Role) -> bool:
    """Only a super user makes staff, and only in person, so that nobody widens what he has himself."""
    if role is Role.REGULAR:
        return actor.may_write(Right.CUSTOMERS)
    return role in GIVEN_ROLES and actor.is_super_user


# E-mail addresses

UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]")
"""Letters and marks that show nothing."""


def has_unseen(email: str) -> bool:
    """Tell whether an address holds what nobody sees: it would look like another's, and databases differ about it."""
    return bool(UNSEEN.search(email)) or any(unicodedata.category(sign)[0] in "CZ" for sign in email)


def mailbox_of(email: str) -> str:
    """Return where mail to an address goes, by which it is counted: a domain has many spellings, and so has a quoted name."""
    name, _at, domain = email.strip().lower().rpartition("@")
    if name.startswith('"'):
        name = name.strip('"').replace("\\", "")
    try:
        return f"{name}@{domain.encode('idna').decode().lower()}"
    except UnicodeError:  # no mail reaches it, and yet it is counted
        return f"{name}@{domain}"


# Permission groups

MOST_GROUPS = 100


def rights_in(text: str | None) -> frozenset[Right]:
    """Read rights as a table keeps them; a word that no version knows any more is no right."""
    known = {right.value: right for right in Right}
    return frozenset(known[word] for word in (text or "").split() if word in known)


def rights_text(rights: Iterable[Right]) -> str:
    """Write rights as a table keeps them."""
    return " ".join(sorted({right.value for right in rights}))


def rights_beyond(actor: Actor, rights: Iterable[Right]) -> list[Right]:
    """Return those of the rights that the actor does not hold himself, with the token in use: nobody gives those."""
    return sorted(right for right in set(rights) if not actor.may_write(right))


def may_change_group(actor: Actor, *, is_member: bool) -> bool:
    """Nobody works on a group that he is in; a super user could not gain by it."""
    return actor.may_write(Right.STAFF) and (actor.is_super_user or not is_member)


def may_change_membership(actor: Actor, *, target: Role, is_own: bool) -> bool:
    """Nobody puts himself into a group or takes himself out; those who hold every right are a super user's business."""
    return actor.is_super_user or not (is_own or target in STAFF_ROLES)


# The audit log

COUNTED_ACTIONS = frozenset(
    {
        "code_failed",
        "locked_out",
        "password_not_enough",
        "program_refused",
        "program_signed_in",
        "reauthentication_failed",
        "refresh_token_reused",
        "second_factor_failed",
        "sign_in_failed",
        "social_sign_in_failed",
        "token_refused",
    }
)
"""What strangers can cause as often as they like: alike ones are one entry with a count."""
PROVEN_ACTIONS = frozenset({"program_signed_in"})
"""Of these, what nobody causes without a secret: counted, too, and never left out for what others cause."""
COUNTING_SECONDS = 600
"""How long alike failures are counted in one entry."""
FAILURES_PER_NETWORK = 30
FAILURES_PER_MINUTE = 600
"""So many entries a minute at most are made of failures: of one network, of all. The rest is counted in one entry."""


def network_of(address: str) -> str:
    """Return what one stranger certainly has: an IPv4 address, or the 64-bit network of an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed) >> 64 << 64, 64)))


def counting_window(moment: datetime) -> int:
    """Return when the window began in which alike failures are one entry, in seconds since 1970."""
    return int(moment.timestamp()) // COUNTING_SECONDS * COUNTING_SECONDS


NO_CHAIN = "0" * 64
"""What the first entry of the audit log is chained to."""


def personal_digest(*, salt: str, fields: Iterable[str]) -> str:
    """Return what stays in the chain of an entry's personal fields; without the salt nobody can guess them from it."""
    return _digest([salt, *fields])


def chained(*, previous: str, sequence: int, fields: Iterable[str], digest: str) -> str:
    """Return the digest of an entry and, through ``previous``, of all before it."""
    return _digest([previous, str(sequence), *fields, digest])


def _digest(texts: list[str]) -> str:
    return sha256(json.dumps(texts, separators=(",", ":")).encode()).hexdigest()


# Personal access tokens

TOKEN_PREFIX = "saluhall_pat_"  # noqa: S105 - what every token begins with, so that scanners of secrets know one
TOKEN_BYTES = 32
TOKEN_FORMAT = re.compile(rf"{TOKEN_PREFIX}[A-Za-z0-9_-]{{43}}")
HINT_LENGTH = 6
TOKEN_DAYS = 90
MOST_TOKEN_DAYS = 366
TOKEN_LIVES = (7, 30, TOKEN_DAYS, 180, MOST_TOKEN_DAYS)
"""Between which lives, in days, a person chooses on the page."""
MOST_TOKENS = 50
PARTS_OF_EVERYBODY = frozenset({"account", "orders"})
"""Parts of the API in which everybody has things of his own; the others are for those who hold the right."""


def is_token(text: str) -> bool:
    """Tell whether a text has the form of a personal access token."""
    return TOKEN_FORMAT.fullmatch(text) is not None


def begins_as_token(text: str) -> bool:
    """Tell whether a text may be a personal access token, or most of one, however it is spelled."""
    return text.lower().startswith(TOKEN_PREFIX)


def token_digest(token: str) -> str:
    """Return what is kept of a token."""
    return sha256(token.encode()).hexdigest()


def token_hint(token: str) -> str:
    """Return as much of a token as its owner needs to know it again."""
    return token.removeprefix(TOKEN_PREFIX)[:HINT_LENGTH]


def usable_scopes(actor: Actor) -> tuple[str, ...]:
    """Return the scopes of which a token of this person could make use today."""
    return tuple(scope for scope in SCOPES if _may_use(actor, scope.partition(":")[0]))


def _may_use(actor: Actor, part: str) -> bool:
    return part in PARTS_OF_EVERYBODY or actor.may(part)


# Connected programs

IDENTITY_SCOPES = ("openid", "profile", "email")
"""What a program may learn of a person; only a person has these."""
LOOPBACK = frozenset({"127.0.0.1", "localhost"})
MOST_REDIRECTS = 10
LONGEST_REDIRECT = 500
PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
"""Of an app on a phone: a domain name of its maker, backwards, as RFC 8252 asks."""
PLAIN_ADDRESS = re.compile(r"[!-~]+")
PLAIN_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")


def secret_digest(secret: str) -> str:
    """Return what is kept of a program's secret, which is random: a slow hash would add nothing."""
    return f"sha256${sha256(secret.encode()).hexdigest()}"


def program_name_problem(name: str) -> str:
    """Return why a program cannot be called this, in one sentence; histories and the audit log name it as they name people."""
    shown = unicodedata.normalize("NFKC", name.strip())
    if not shown:
        return "Say what people know it by."
    if not shown.isprintable():
        return "A name holds only characters that can be seen."
    if "@" in shown or shown.casefold() in {role.value for role in Role}:
        return "The audit log would take this for a person or for the shop itself."
    return ""


def is_resource_server(facts: object) -> bool:
    """Tell whether a program serves data itself, and so may ask about everybody's tokens."""
    return isinstance(facts, dict) and facts.get("is_resource_server") is True


REGISTERED = "registered"
"""Where a program keeps, by address, at which of its versions the address was registered."""


def registration_of(facts: object, address: str) -> int:
    """Return which registration of a redirect address is in force: an address that is given back has another one."""
    known = facts.get(REGISTERED) if isinstance(facts, dict) else None
    return int(known.get(address, 0)) if isinstance(known, dict) else 0


def origin_of(address: str) -> str:
    """Return scheme, host and port of a redirect address; of an app's own scheme the scheme alone."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} else f"{parts.scheme}:"


def redirect_problem(address: str, *, has_secret: bool) -> str:
    """Return what is wrong with an address to which codes would be sent, in one sentence; nothing when it is good."""
    if not PLAIN_ADDRESS.fullmatch(address) or len(address) > LONGEST_REDIRECT:
        return "An address holds only plain characters, without spaces, and at most 500 of them."
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return "This is not an address."
    if "#" in address or "*" in address or "\\" in address:
        return "An address holds no #, no * and no backslash: it is compared letter by letter."
    if "@" in parts.netloc:
        return "An address holds no user name."
    if any(step in {".", ".."} for step in unquote(parts.path).split("/")):
        return "An address holds no . or .. as a step of its path."
    return _scheme_problem(parts, has_secret=has_secret)


def _scheme_problem(parts: SplitResult, *, has_secret: bool) -> str:
    if parts.scheme in {"http", "https"} and not PLAIN_HOST.fullmatch(parts.netloc):
        return "An address names a host, such as app.example.com."
    if parts.scheme == "https":
        return ""
    if parts.scheme == "http":
        return "" if parts.hostname in LOOPBACK else "http is for 127.0.0.1 and localhost only; use https."
    if not has_secret and PRIVATE_SCHEME.fullmatch(parts.scheme):
        return ""
    return "An address begins with https://, or for an app with a scheme of its own such as com.example.app:"


def scopes_beyond(actor: Actor, scopes: Iterable[str]) -> list[str]:
    """Return those scopes with which a program that acts for itself could do more than the actor may."""
    return sorted(scope for scope in set(scopes) - set(IDENTITY_SCOPES) if not _may_give(actor, scope))


def _may_give(actor: Actor, scope: str) -> bool:
    part, _, use = scope.partition(":")
    if part not in set(Right):
        return actor.role in MASTERS
    return actor.may(part) if use == "read" else actor.may_write(part)

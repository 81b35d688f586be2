"""What people let programs do: the tokens of each permission are one family, which ends as a whole when one was stolen."""

from datetime import datetime
from uuid import UUID

from allauth.idp.oidc.models import Token
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from apps.users import selectors
from apps.users.services.audit import record_event
from kernel import clock
from kernel.actors import Actor
from kernel.errors import NotFoundError
from kernel.periodic import every
from kernel.topology import database_of
from kernel.transactions import in_transaction, unit_of_work

FAMILY = "family"
SPENT = "ur"
"""The type of a refresh token that was exchanged: it stays until it would have expired, so that a second use is noticed."""
CODE = Token.Type.AUTHORIZATION_CODE
"""The type of a code that was exchanged, kept for the same reason."""
MARKS = (SPENT, CODE)
BATCH = 1000


@unit_of_work
def spend_code(*, digest: str, client_id: str, user_id: UUID, family: str, until: datetime) -> bool:
    """Note that a code was exchanged; False when it was already: then all that came of it ends."""
    code = Token(type=CODE, hash=digest, client_id=client_id, user_id=user_id, data={FAMILY: family}, expires_at=until)
    try:
        with transaction.atomic(using=database_of("users")):
            code.save(force_insert=True)
    except IntegrityError:
        end_replayed(digest=digest, client_id=client_id, kind=CODE)
        return False
    return True


@unit_of_work
def take_refresh_token(*, digest: str, client_id: str, now: datetime) -> Token | None:
    """Return a refresh token that nobody else exchanges meanwhile; one that was exchanged before ends its family."""
    found: Token | None = (
        Token.objects.select_for_update()
        .filter(type=Token.Type.REFRESH_TOKEN, hash=digest, client_id=client_id, expires_at__gt=now)
        .first()
    )
    if found is None:
        end_replayed(digest=digest, client_id=client_id, kind=SPENT)
    return found


@unit_of_work
def spend_refresh_token(*, spent: Token) -> None:
    """Remember a refresh token that was exchanged; allauth has deleted its row."""
    Token.objects.create(
        type=SPENT,
        hash=spent.hash,
        client_id=spent.client_id,
        user_id=spent.user_id,
        data=spent.data,
        expires_at=spent.expires_at,
    )


@unit_of_work
def end_replayed(*, digest: str, client_id: str, kind: str) -> int:
    """End the family of a code or refresh token that comes a second time; return how many tokens died."""
    mark = Token.objects.filter(type=kind, hash=digest, client_id=client_id).first()
    return 0 if mark is None else _end_family(mark)


@unit_of_work
def revoke(*, digest: str, client_id: str) -> int:
    """End a token of this program; with a refresh token all that came of the same permission."""
    found = Token.objects.filter(hash=digest, client_id=client_id).exclude(type=CODE).first()
    if found is None:
        return 0
    if found.type == Token.Type.ACCESS_TOKEN:
        return int(found.delete()[0])
    return _end_family(found)


@unit_of_work
def withdraw(*, client_id: str, actor: Actor) -> None:
    """Take back what a person let a program do.

    :raises NotFoundError: the person let it do nothing.
    """
    if not _of_person(actor.id).filter(client_id=client_id).delete()[0]:
        raise NotFoundError("This program has no access to your account.")
    record_event(
        action="app_withdrawn", user_id=actor.id, label=actor.email, subject=("program", client_id), now=clock.now()
    )


@unit_of_work
def end_programs(*, user_id: UUID) -> int:
    """End every program's access to an account, as when it is closed or was in wrong hands."""
    return int(_of_person(user_id).delete()[0])


@every(hours=1)
def forget_expired_tokens() -> int:
    """Delete in batches tokens that nobody can use any more; return how many rows."""
    expired, count = selectors.expired_tokens(clock.now()), 0
    while ids := list(expired.order_by("expires_at", "id").values_list("id", flat=True)[:BATCH]):
        count += in_transaction(database_of("users"), Token.objects.filter(id__in=ids).delete)[0]
    return count


def _of_person(user_id: UUID | None) -> "QuerySet[Token]":
    tokens: QuerySet[Token] = Token.objects.filter(user_id=user_id, user__isnull=False)
    return tokens


def _end_family(member: Token) -> int:
    """Delete the living members; the marks stay, or a second replay would look like a stranger's guess."""
    family = (member.data or {}).get(FAMILY)
    if family is None:
        return int(member.delete()[0])
    living = Token.objects.filter(client_id=member.client_id, user_id=member.user_id, data__family=family)
    return int(living.exclude(type__in=MARKS).delete()[0])

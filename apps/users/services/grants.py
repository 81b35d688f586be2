"""What people let programs do: the tokens of each permission are one family, which ends as a whole when one was stolen."""

from datetime import datetime, timedelta
from uuid import UUID

from allauth.idp.oidc.models import Client, Token
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from apps.users import selectors
from apps.users.models import AccessToken, User
from apps.users.services.audit import record_event
from kernel import clock
from kernel.actors import Actor
from kernel.errors import NotFoundError
from kernel.periodic import every
from kernel.spelling import Spelled
from kernel.topology import database_of
from kernel.transactions import in_transaction, unit_of_work

FAMILY = "family"
SPENT = "ur"
"""The type of a refresh token that was exchanged: it stays until it would have expired, so that a second use is noticed."""
CODE = Token.Type.AUTHORIZATION_CODE
"""The type of a code that was exchanged, kept for the same reason."""
MARKS = (SPENT, CODE)
LIVING = (Token.Type.ACCESS_TOKEN, Token.Type.REFRESH_TOKEN)
ENDED = "we"
"""The type of a note that a person took everything back: a code from before, which is kept in the cache, gives nothing."""
REMEMBERED_FOR = timedelta(minutes=10)
"""Longer than a code lives."""
BATCH = 1000


@unit_of_work
def hold_program(client_id: str) -> Client | None:
    """Return a program as it is now, and lets nobody change it until this transaction is over; before any person is held.

    Who takes something from a program does not see a token that is being given, and one that is given would not tell.
    """
    found: Client | None = Client.objects.select_for_update().filter(Spelled("id", [client_id])).first()
    return found


@unit_of_work
def spend_code(*, digest: str, client_id: str, user_id: UUID, family: str, given_at: datetime, until: datetime) -> bool:
    """Note that a code was exchanged; False when it was already, and all that came of it ends, or was taken back since."""
    _hold(user_id)
    ends = (_end_of(user_id), _end_of(user_id, client_id))
    if Token.objects.filter(type=ENDED, hash__in=ends, created_at__gte=given_at).exists():
        return False
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
    tokens = Token.objects.filter(type=Token.Type.REFRESH_TOKEN, hash=digest, client_id=client_id, expires_at__gt=now)
    _hold(tokens.values_list("user_id", flat=True).first())
    found: Token | None = tokens.select_for_update().first()
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
    mark = Token.objects.filter(type=kind, hash=digest, client_id=client_id).select_related("user").first()
    if mark is None:
        return 0
    record_event(
        action="refresh_token_reused",
        user_id=mark.user_id,
        label=mark.user.email if mark.user else "",
        subject=("program", client_id),
        now=clock.now(),
        after={"kind": "code" if kind == CODE else "refresh token"},
    )
    return _end_family(mark)


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
    hold_program(
        client_id
    )  # the note at the end would take it after the person, and tokens are given the other way round
    _hold(actor.id)
    if not _of_person(actor.id).filter(Spelled("client_id", [client_id])).delete()[0]:
        raise NotFoundError("This program has no access to your account.")
    _note_end(user_id=actor.id, client_id=client_id)
    record_event(
        action="app_withdrawn", user_id=actor.id, label=actor.email, subject=("program", client_id), now=clock.now()
    )


@unit_of_work
def end_program_session(*, client_id: str, user_id: UUID) -> None:
    """End a program's tokens with the session in which it signs a person out, and codes that it kept back."""
    hold_program(client_id)
    _hold(user_id)
    _of_person(user_id).filter(client_id=client_id, type__in=LIVING).delete()
    _note_end(user_id=user_id, client_id=client_id)


@unit_of_work
def end_programs(*, user_id: UUID) -> int:
    """End every program's access to an account, as when it is closed or was in wrong hands."""
    _hold(user_id)
    count = int(_of_person(user_id).delete()[0])
    _note_end(user_id=user_id)
    return count


def end_lent_access(*, user_id: UUID) -> None:
    """End what programs and personal access tokens may do: what a customer lent is not lent by whom he becomes."""
    end_programs(user_id=user_id)
    AccessToken.objects.filter(user_id=user_id).delete()


@every(hours=1)
def forget_expired_tokens() -> int:
    """Delete in batches tokens that nobody can use any more; return how many rows."""
    expired, count = selectors.expired_tokens(clock.now()), 0
    while ids := list(expired.order_by("expires_at", "id").values_list("id", flat=True)[:BATCH]):
        count += in_transaction(database_of("users"), Token.objects.filter(id__in=ids).delete)[0]
    return count


def _of_person(user_id: UUID | None) -> "QuerySet[Token]":
    tokens: QuerySet[Token] = Token.objects.filter(user_id=user_id, user__isnull=False)
    return tokens.exclude(type=ENDED)


def _hold(user_id: UUID | None) -> None:
    """Let one at a time give and take back: who deletes tokens does not see one that is being exchanged for another."""
    if user_id is not None:
        User.objects.select_for_update().filter(id=user_id).values_list("id", flat=True).first()


def _note_end(*, user_id: UUID | None, client_id: str = "") -> None:
    now = clock.now()
    facts = {"user_id": user_id, "client_id": client_id or None, "created_at": now, "expires_at": now + REMEMBERED_FOR}
    Token.objects.update_or_create(type=ENDED, hash=_end_of(user_id, client_id), defaults=facts)


def _end_of(user_id: UUID | None, client_id: str = "") -> str:
    return f"{user_id} {client_id}"


def _end_family(member: Token) -> int:
    """Delete the living members; the marks stay, or a second replay would look like a stranger's guess."""
    _hold(member.user_id)
    family = (member.data or {}).get(FAMILY)
    if family is None:
        return int(member.delete()[0])
    living = Token.objects.filter(client_id=member.client_id, user_id=member.user_id, data__family=family)
    return int(living.exclude(type__in=MARKS).delete()[0])

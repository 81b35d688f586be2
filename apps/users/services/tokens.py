"""Personal access tokens: made by a person, revoked at once."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from apps.users import rules
from apps.users.models import AccessToken
from apps.users.services.accounts import locked_user
from apps.users.services.audit import record_event
from apps.users.services.invitations import request_account_mail
from apps.users.services.standing import lock_people
from contracts.users import UsersAction
from kernel import audit, clock
from kernel.actors import Actor
from kernel.errors import DomainError, ForbiddenError, InvalidInputError, NotFoundError
from kernel.periodic import every
from kernel.transactions import unit_of_work

EXPIRED_DAYS = 30
"""How long a token that ran out is still shown, so that its owner sees why a program stopped."""


class TooManyTokensError(DomainError):
    """A person keeps a limited number of tokens."""

    code = "too_many_tokens"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            _("You can keep %(number)s tokens. Revoke one first.") % {"number": rules.MOST_TOKENS},
            extra={"limit": rules.MOST_TOKENS},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token and its text, which nobody can tell a second time."""

    token: AccessToken
    text: str = field(repr=False)


@unit_of_work
def create_token(
    *, name: str, scopes: Collection[str], days: int = rules.TOKEN_DAYS, actor: Actor, now: datetime
) -> NewToken:
    """Make a token for a program of the actor.

    :param days: how long it is good for.
    :raises TooManyTokensError: the person keeps as many as there may be.
    :raises InvalidInputError: a value is out of bounds, or a scope is of no use to this person.
    """
    if actor.id is None or actor.scopes is not None:
        raise ForbiddenError("Only a person who is signed in makes tokens.")
    _check(name=name, scopes=scopes, days=days, actor=actor)
    user = locked_user(user_id=actor.id)
    if not user.is_active:  # switched off while the request was on its way
        raise ForbiddenError("Only a person who is signed in makes tokens.")
    if user.privileged and not actor.is_staff:  # made staff meanwhile: what he lent as a customer has just ended
        raise ForbiddenError("Your own rights were changed meanwhile.")
    if user.access_tokens.count() >= rules.MOST_TOKENS:
        raise TooManyTokensError
    text = rules.TOKEN_PREFIX + secrets.token_urlsafe(rules.TOKEN_BYTES)
    token = AccessToken.objects.create(
        user=user,
        name=name,
        digest=rules.token_digest(text),
        hint=rules.token_hint(text),
        scopes=" ".join(sorted(set(scopes))),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    _record("token_created", token, actor=actor, now=now)
    _tell(token)
    return NewToken(token=token, text=text)


@unit_of_work
def revoke_token(*, token_id: UUID, actor: Actor, now: datetime) -> None:
    """Take a token of one's own away; it opens nothing from this moment.

    :raises NotFoundError: there is no such token, or it is another's.
    """
    if actor.id is None or actor.scopes is not None:
        raise ForbiddenError("Only a person who is signed in revokes tokens.")
    token = AccessToken.objects.filter(id=token_id, user_id=actor.id).first()
    if token is None or not AccessToken.objects.filter(id=token_id).delete()[0]:
        raise NotFoundError("There is no such token.")
    _record("token_revoked", token, actor=actor, now=now)


@unit_of_work
def revoke_tokens_of(*, user_id: UUID, actor: Actor, now: datetime) -> int:
    """Take every token of somebody away who lost a device or left; return how many there were.

    :raises ForbiddenError: the actor does not look after this account.
    """
    lock_people(actor, user_id)
    user = locked_user(user_id=user_id)
    if not rules.may_change_account(actor, target=user.granted_role, has_rights=user.has_rights):
        raise ForbiddenError("You may not change this account.")
    number, _each = AccessToken.objects.filter(user=user).delete()
    if number:
        audit.record(
            UsersAction, "tokens_revoked", about=("user", user.id), actor=actor, now=now, before={"tokens": number}
        )
    return number


@every(hours=24)
def forget_expired_tokens() -> None:
    """Delete what ran out long ago, once a day."""
    _forget_expired(before=clock.now() - timedelta(days=EXPIRED_DAYS))


@unit_of_work
def _forget_expired(*, before: datetime) -> None:
    AccessToken.objects.filter(expires_at__lt=before).delete()


def _check(*, name: str, scopes: Collection[str], days: int, actor: Actor) -> None:
    fields: dict[str, list[str]] = {}
    if not name.strip():
        fields["name"] = [_("Say what the token is for.")]
    if not 1 <= days <= rules.MOST_TOKEN_DAYS:
        fields["expires_in_days"] = [_("A whole number from 1 to %(most)s.") % {"most": rules.MOST_TOKEN_DAYS}]
    useless = sorted(set(scopes) - set(rules.usable_scopes(actor)))
    if useless:
        fields["scopes"] = [
            _("You cannot give what you may not do yourself: %(scopes)s.") % {"scopes": ", ".join(useless)}
        ]
    elif not scopes:
        fields["scopes"] = [_("Choose at least one: a token without scopes opens nothing.")]
    if fields:
        raise InvalidInputError(_("This token cannot be made."), fields=fields)


def _record(action: str, token: AccessToken, *, actor: Actor, now: datetime) -> None:
    described = {"name": token.name, "scopes": token.scopes, "expires_at": token.expires_at}
    is_gone = action == "token_revoked"
    record_event(
        action=action,
        user_id=actor.id,
        label=actor.email,
        role=actor.role.value,
        subject=("token", token.id),
        now=now,
        before=described if is_gone else None,
        after=None if is_gone else described,
    )


def _tell(token: AccessToken) -> None:
    """Write to the owner, who may not have been the one who made it."""
    context = {"token": token, "user": token.user, "tokens_url": f"{settings.PUBLIC_URL}/accounts/tokens/"}
    request_account_mail(
        to=token.user.email,
        subject=render_to_string("users/mail/token_created.subject", context).strip(),
        text=render_to_string("users/mail/token_created.text", context),
    )

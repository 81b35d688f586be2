"""The second factor: codes that work once, the phone, and what its coming and going ends."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from apps.users.models import UsedCode, User
from apps.users.services.accounts import locked_user
from apps.users.services.audit import record_event
from apps.users.services.grants import end_lent_access
from apps.users.services.invitations import request_account_mail
from kernel import clock
from kernel.actors import Role
from kernel.errors import ConflictError, DomainError, NotFoundError
from kernel.periodic import every
from kernel.spelling import Spelled
from kernel.topology import database_of
from kernel.transactions import unit_of_work

PHONE = re.compile(r"\A\+[1-9][0-9]{6,14}\Z")
"""E.164: a plus, the country, at most 15 digits."""
REMEMBERED_FOR = timedelta(days=40)
"""Longer than any code lives, also when a clock ran ahead for a month, and was set back."""


class LastSecondFactorError(DomainError):
    """Staff always has a second factor; another one is set up before the last one goes."""

    code = "last_second_factor"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "This is the last second factor of somebody who works in the back office. Set up another one first."
        )


class PhoneInvalidError(DomainError):
    """A mobile number is written with its country, such as +46701234567."""

    code = "phone_invalid"
    status = 400

    def __init__(self) -> None:
        super().__init__("Write the number with a plus and its country, such as +46701234567.")


@unit_of_work
def use_code(*, user_id: UUID, steps: Iterable[int], now: datetime) -> bool:
    """Take a code, by the time steps that it belongs to; False if any of them was taken before.

    The database's constraint decides, so that neither other processes nor later time steps take it again.
    """
    rows = [UsedCode(user_id=user_id, step=step, used_at=now) for step in sorted(set(steps))]
    try:
        with transaction.atomic(using=database_of("users")):
            UsedCode.objects.bulk_create(rows)
    except IntegrityError:
        return False
    return bool(rows)


@unit_of_work
def end_older_sessions(*, user: User, now: datetime) -> User:
    """Sign a person out everywhere, because a new factor guards the account; the caller keeps its own session.

    :raises ConflictError: what ``user`` was read with has ended meanwhile, the caller's session with it.
    """
    account = _still_signed_in(user)
    account.session_generation += 1
    _end_what_waited(account)
    return _saved(account, now=now, fields=["session_generation"])


@unit_of_work
def check_removal(*, user_id: UUID, of: Iterable[int]) -> None:
    """Let some factors go, unless somebody who works here would be left with none; the account stays locked meanwhile.

    :raises LastSecondFactorError: nothing would be left.
    """
    user = locked_user(user_id=user_id)
    left = _factors(user).exclude(pk__in=list(of)).exists() or user.phone_verified_at is not None
    _check_left(user, is_guarded=left)


@unit_of_work
def prove_phone(*, user: User, phone: str, now: datetime) -> User:
    """Keep a mobile number that a code has reached, as a second factor from now on; older sessions end.

    :raises ConflictError: what ``user`` was read with has ended meanwhile, the caller's session with it.
    :raises PhoneInvalidError: it is not written as E.164 asks.
    """
    if not PHONE.match(phone):
        raise PhoneInvalidError
    account = _still_signed_in(user)
    _end_what_waited(account)
    account.phone, account.phone_verified_at = phone, now
    account.session_generation += 1
    _record("second_factor_added", account, now=now)
    return _saved(account, now=now, fields=["phone", "phone_verified_at", "session_generation"])


@unit_of_work
def remove_phone(*, user_id: UUID, now: datetime) -> User:
    """Forget the mobile number.

    :raises LastSecondFactorError: nothing else guards an account that works here.
    """
    user = locked_user(user_id=user_id)
    _check_left(user, is_guarded=_factors(user).exists())
    user.phone = user.phone_verified_at = None
    _record("second_factor_removed", user, now=now)
    return _saved(user, now=now, fields=["phone", "phone_verified_at"])


@unit_of_work
def reset_second_factor(*, email: str, now: datetime) -> User:
    """Take every factor from somebody who lost it, end all sessions and say so by mail; for the operator alone.

    :raises NotFoundError: nobody has the address.
    """
    found = User.objects.filter(Spelled("email", [email.strip().lower()])).first()
    if found is None:
        raise NotFoundError("There is no account with this e-mail address.")
    user = locked_user(user_id=found.id)
    Authenticator.objects.filter(user_id=user.id).delete()
    user.phone = user.phone_verified_at = None
    user.session_generation += 1
    record_event(action="second_factor_reset", role=Role.SYSTEM.value, subject=("user", user.id), now=now)
    context = {"user": user, "url": f"{settings.PUBLIC_URL}{settings.SECOND_FACTOR_URL}"}
    request_account_mail(
        to=user.email,
        subject=render_to_string("users/mail/second_factor_reset.subject", context).strip(),
        text=render_to_string("users/mail/second_factor_reset.text", context),
    )
    return _saved(user, now=now, fields=["phone", "phone_verified_at", "session_generation"])


@every(hours=1)
def forget_used_codes() -> None:
    """Delete the memory of codes that are long past."""
    UsedCode.objects.filter(used_at__lt=clock.now() - REMEMBERED_FOR).delete()


def _still_signed_in(user: User) -> User:
    """Lock an account whose sessions nothing has ended since it was read: a request on its way would keep one alive."""
    account = locked_user(user_id=user.id)
    if not account.is_active or account.get_session_auth_hash() != user.get_session_auth_hash():
        raise ConflictError(_("You were signed out meanwhile."))
    return account


def _record(action: str, user: User, *, now: datetime) -> None:
    record_event(
        action=action, user_id=user.id, label=user.email, role=user.granted_role.value, now=now, after={"kind": "phone"}
    )


def _check_left(user: User, *, is_guarded: bool) -> None:
    if settings.MFA_REQUIRED_FOR_STAFF and user.works_here and not is_guarded:
        raise LastSecondFactorError


def _end_what_waited(account: User) -> None:
    """End tokens and programs of somebody whose rights wait for this factor: who made them may not have had one."""
    if account.lacks_second_factor:
        end_lent_access(user_id=account.id)


def _factors(user: User) -> QuerySet[Authenticator]:
    factors: QuerySet[Authenticator] = Authenticator.objects.filter(user_id=user.id)
    return factors.exclude(type=Authenticator.Type.RECOVERY_CODES)


def _saved(user: User, *, now: datetime, fields: list[str]) -> User:
    user.version += 1
    user.updated_at = now
    user.save(update_fields=[*fields, "version", "updated_at"])
    return user

"""Accounts: made, changed and switched off by staff or by the person."""

from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.users import rules
from apps.users.models import User
from apps.users.services.audit import record_event
from apps.users.services.grants import end_lent_access
from apps.users.services.invitations import invite
from apps.users.services.standing import lock_people
from contracts.users import UserRegistered, UsersAction
from kernel import audit
from kernel.actors import Actor, Role
from kernel.errors import ConflictError, DomainError, ForbiddenError, InvalidInputError, NotFoundError
from kernel.events.publish import publish
from kernel.http.etags import check_version
from kernel.transactions import unit_of_work


class EmailTakenError(DomainError):
    """Another account signs in with this address."""

    code = "email_taken"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "An account with this e-mail address exists.", fields={"email": [_("An account with this address exists.")]}
        )


class OwnAccountError(DomainError):
    """People do not change their own role, nor switch themselves off."""

    code = "own_account"
    status = 403


def create_user_by_staff(
    *, email: str, name: str = "", role: Role = Role.REGULAR, password: str | None = None, actor: Actor, now: datetime
) -> User:
    """Make an account for somebody, who gets a mail and chooses a password by the reset page.

    :raises EmailTakenError: another account has the address.
    """
    if not rules.may_give_role(actor, role):
        raise ForbiddenError("You may not make an account with this role.")
    if password is not None:  # before the transaction: a list of leaked passwords may be asked
        checked_password(password, user=User(email=email, name=name))
    return _create_by_staff(email=email, name=name, role=role, password=password, actor=actor, now=now)


@unit_of_work
def _create_by_staff(*, email: str, name: str, role: Role, password: str | None, actor: Actor, now: datetime) -> User:
    lock_people(actor)
    user = _insert(email=email, name=name, role=role, password=password, now=now)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    invite(user=user)
    after = {"email": user.email, "role": role.value}
    audit.record(UsersAction, "account_made", about=("user", user.id), actor=actor, now=now, after=after)
    return user


def create_super_user(*, email: str, name: str = "", password: str, now: datetime) -> User:
    """Make a super user whose address counts as proven; only for the machine's own commands."""
    checked_password(password, user=User(email=email, name=name))
    return _create_super_user(email=email, name=name, password=password, now=now)


@unit_of_work
def _create_super_user(*, email: str, name: str, password: str, now: datetime) -> User:
    user = _insert(email=email, name=name, role=Role.SUPER_USER, password=password, now=now)
    user.verified_at = now
    user.save(update_fields=["verified_at"])
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    after = {"email": user.email, "role": user.granted_role.value}
    record_event(action="account_made", role=Role.SYSTEM.value, subject=("user", user.id), now=now, after=after)
    return user


@unit_of_work
def update_profile(*, user_id: UUID, name: str, actor: Actor, now: datetime, version: int | None = None) -> User:
    """Change what a person says about himself.

    :raises PreconditionFailedError: ``version`` is given and not the current one.
    """
    if actor.id != user_id:
        raise NotFoundError("There is no such account.")
    user = locked_user(user_id=user_id)
    check_version(current=user.version, expected=version)
    user.name = name
    return _saved(user, now=now, fields=["name"])


@unit_of_work
def change_user_by_staff(
    *,
    user_id: UUID,
    name: str | None = None,
    role: Role | None = None,
    is_active: bool | None = None,
    actor: Actor,
    now: datetime,
    version: int | None = None,
) -> User:
    """Change what is given, all or nothing.

    Switching an account off ends its sessions, its tokens and what programs may do for it; making a customer staff
    ends the latter two.

    :raises OwnAccountError: somebody's own role or switch.
    :raises PreconditionFailedError: ``version`` is given and not the current one.
    """
    lock_people(actor, user_id)
    user = locked_user(user_id=user_id)
    check_version(current=user.version, expected=version)
    is_own = actor.id == user_id
    _check_change(user, role=role, is_active=is_active, actor=actor, is_own=is_own)
    before, was_staff = _shown(user), user.is_staff or user.has_rights
    if name is not None:
        user.name = name
    if role is not None:
        _give_role(user, role)
    is_switched_off = user.is_active and is_active is False
    if is_active is not None:
        user.is_active = is_active
    if is_switched_off:
        user.session_generation += 1
    if is_switched_off or (user.is_staff and not was_staff):
        end_lent_access(user_id=user.id)
    _record_change(user, before, actor=actor, now=now)
    return _saved(user, now=now, fields=["name", "is_staff", "is_superuser", "is_active", "session_generation"])


@unit_of_work
def end_sessions(*, user_id: UUID, actor: Actor, now: datetime) -> User:
    """Sign a person out everywhere."""
    if actor.id != user_id:
        lock_people(actor, user_id)
    user = locked_user(user_id=user_id)
    if actor.id != user_id and not _may_change(actor, user):
        raise ForbiddenError("You may not change this account.")
    if actor.id == user_id:
        record_event(action="sessions_ended", user_id=user.id, label=user.email, role=user.granted_role.value, now=now)
    else:
        audit.record(UsersAction, "sessions_ended", about=("user", user.id), actor=actor, now=now)
    user.session_generation += 1
    return _saved(user, now=now, fields=["session_generation"])


@unit_of_work
def confirm_registration(*, user_id: UUID, now: datetime) -> bool:
    """Note that a person proved an e-mail address; the first time, the others learn of the account."""
    if not User.objects.filter(id=user_id, verified_at=None, erased_at=None).update(verified_at=now, updated_at=now):
        return False
    user = User.objects.get(id=user_id)
    publish(UserRegistered(version=user.version, user_id=user.id, email=user.email, name=user.name))
    return True


@unit_of_work
def replace_password(*, user: User, password: str, action: str, now: datetime) -> None:
    """Put a password in the place of the one that ``user`` was read with, and leave the rest of the account alone.

    It is on record as this action, or does not happen.

    What was read may be old by now: of two who use one link one wins, and no role comes back that was just taken away.

    :raises ConflictError: another password was chosen meanwhile.
    """
    chosen = make_password(password)
    if not User.objects.filter(id=user.id, password=user.password).update(password=chosen):
        raise ConflictError(_("The password was changed meanwhile."))
    record_event(action=action, user_id=user.id, label=user.email, role=user.granted_role.value, now=now)
    user.password = chosen


def locked_user(*, user_id: UUID) -> User:
    """Return an account that nobody else changes meanwhile.

    :raises NotFoundError: there is none, or it was erased, maybe while the request was on its way.
    """
    user = User.objects.select_for_update().filter(id=user_id, erased_at=None).first()
    if user is None:
        raise NotFoundError("There is no such account.")
    return user


def checked_password(password: str, *, user: User) -> str:
    """Return the password if it is good enough.

    :raises InvalidInputError: says at ``password`` what is wrong with it.
    """
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInputError("This password is too weak.", fields={"password": list(error.messages)}) from error
    return password


def _check_change(user: User, *, role: Role | None, is_active: bool | None, actor: Actor, is_own: bool) -> None:
    widens = role is not None and role is not user.granted_role
    switches = is_active is not None and is_active != user.is_active
    if is_own and actor.is_staff:
        if widens or switches:
            raise OwnAccountError("Ask another super user to change your own role or to switch your account off.")
        return
    if not _may_change(actor, user):
        raise ForbiddenError("You may not change this account.")
    if role is not None and not rules.may_give_role(actor, role):
        raise ForbiddenError("You may not give this role.")


def _shown(user: User) -> dict[str, Any]:
    return {"name": user.name, "role": user.granted_role.value, "is_active": user.is_active}


def _record_change(user: User, before: dict[str, Any], *, actor: Actor, now: datetime) -> None:
    """Tell the audit log what is different now, if anything is."""
    after = {name: value for name, value in _shown(user).items() if value != before[name]}
    if after:
        audit.record(
            UsersAction,
            "account_changed",
            about=("user", user.id),
            actor=actor,
            now=now,
            before={name: before[name] for name in after},
            after=after,
        )


def _may_change(actor: Actor, user: User) -> bool:
    return rules.may_change_account(actor, target=user.granted_role, has_rights=user.has_rights)


def _insert(*, email: str, name: str, role: Role, password: str | None, now: datetime) -> User:
    email = email.strip().lower()
    if rules.has_unseen(email):
        raise InvalidInputError("This is no address.", fields={"email": [_("An address holds no invisible signs.")]})
    if User.objects.filter(email=email).exists() or EmailAddress.objects.filter(email=email).exists():
        raise EmailTakenError
    user = User(email=email, name=name, date_joined=now)
    _give_role(user, role)
    if password is None:
        user.set_unusable_password()
    else:
        user.set_password(password)
    user.save(force_insert=True)
    return user


def _give_role(user: User, role: Role) -> None:
    user.is_staff = role in rules.STAFF_ROLES
    user.is_superuser = role is Role.SUPER_USER


def _saved(user: User, *, now: datetime, fields: list[str]) -> User:
    user.version += 1
    user.updated_at = now
    user.save(update_fields=[*fields, "version", "updated_at"])
    return user

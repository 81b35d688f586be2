"""Accounts elsewhere while other things happen to them: the functions that take the place of django-allauth's."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest

from apps.users.models import User
from apps.users.services.accounts import locked_user
from integrations.authentication.allauth_internals import validate_disconnect
from integrations.authentication.refusing import refusal
from kernel.errors import ConflictError
from kernel.topology import database_of
from kernel.transactions import in_transaction

Function = Callable[..., Any]


def known_account(original: Function) -> Function:
    """Hold the row while it is read and saved: one that is deleted in between would be inserted again."""

    @wraps(original)
    def lookup(self: Any) -> bool:
        def work() -> bool:
            SocialAccount.objects.select_for_update().filter(
                provider=self.account.provider, uid=self.account.uid
            ).first()
            return bool(original(self))

        return in_transaction(database_of("users"), work)

    return lookup


def connect_account(original: Function) -> Function:
    """Save the person as he is now: what was read before the provider answered may hold a role that was taken away."""

    @wraps(original)
    def connect(self: Any, request: HttpRequest, user: User) -> None:
        def work() -> None:
            original(self, request, locked_user(user_id=user.pk))

        try:
            in_transaction(database_of("users"), work)
        except IntegrityError as error:
            raise ValidationError("Somebody else was faster.", code="connected_other") from error

    return connect


def disconnect_account(original: Function) -> Function:
    """Look again under the account's lock whether a way in is left: of the last two, both would see the other."""

    @wraps(original)
    def disconnect(request: HttpRequest, account: Any) -> None:
        def work() -> None:
            locked_user(user_id=account.user_id)
            validate_disconnect(request, account)
            original(request, account)

        try:
            in_transaction(database_of("users"), work)
        except ValidationError as error:
            late = ConflictError(error.messages[0])
            raise ImmediateHttpResponse(refusal(request, late, page="socialaccount_connections")) from error

    return disconnect

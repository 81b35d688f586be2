"""Finds the account of a session or a token, with what its rights depend on, in one statement."""

from typing import Any
from uuid import UUID

from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.utils import has_verified_email
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from apps.users.models import User
from integrations.authentication.hashers import LONGEST


class GuardedBackend(AuthenticationBackend):
    """django-allauth's, and every later request knows of the second factor without asking again."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> AbstractBaseUser | None:
        """Refuse what nobody can have chosen before any work is done, whether or not the account exists.

        A password counts for nothing until the address is proven: who registers with somebody's address would else learn
        by his own password whether an account was there before.
        """
        if len(str(credentials.get("password", ""))) > LONGEST:
            return None
        found: AbstractBaseUser | None = super().authenticate(request, **credentials)
        return found if found is not None and has_verified_email(found) else None

    def get_user(self, user_id: UUID) -> User | None:
        """Return the account, if it may still sign in."""
        user = User.objects.get_queryset().with_second_factor().filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None

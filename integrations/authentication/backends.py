"""Finds the account of a session or a token, with what its rights depend on, in one statement."""

from uuid import UUID

from allauth.account.auth_backends import AuthenticationBackend

from apps.users.models import User


class GuardedBackend(AuthenticationBackend):
    """django-allauth's, and every later request knows of the second factor without asking again."""

    def get_user(self, user_id: UUID) -> User | None:
        """Return the account, if it may still sign in."""
        user = User.objects.get_queryset().with_second_factor().filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None

"""Accounts elsewhere that somebody signs in with here."""

from uuid import UUID

from allauth.socialaccount.models import SocialAccount

from kernel.transactions import unit_of_work


@unit_of_work
def disconnect_all(*, user_id: UUID) -> None:
    """Let no account elsewhere sign in as this person."""
    SocialAccount.objects.filter(user_id=user_id).delete()

"""The one place for Django signals: those that django-allauth offers instead of a hook."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from django.dispatch import receiver

from apps.users.services.accounts import confirm_registration
from kernel import clock


@receiver(email_confirmed)
def tell_of_a_proven_address(*, email_address: EmailAddress, **_kwargs: Any) -> None:
    """A code proves an address, and so does the link of a password reset: both end here."""
    confirm_registration(user_id=email_address.user_id, now=clock.now())

"""Links by which a password is chosen anew; django-allauth alone imports this, by the name that the settings give."""

from datetime import datetime
from typing import Any

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator


class ResetLinks(EmailAwarePasswordResetTokenGenerator):
    """A link ends with the sessions: whoever is locked out by signing out everywhere must not keep one in the mailbox."""

    def _make_hash_value(self, user: Any, timestamp: datetime | int) -> str:
        return f"{super()._make_hash_value(user, timestamp)} {user.session_generation}"

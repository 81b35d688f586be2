"""Passwords that leaked somewhere: asks a list of them without telling which password it is.

Only five characters of the SHA-1 leave the house; the answer holds every leaked password that begins so, padded so that
its length tells nothing either. The list of https://haveibeenpwned.com speaks this way, and so do its mirrors.
"""

from hashlib import sha1
from http import HTTPStatus

import requests
import structlog
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from kernel.http.deadlines import EndingSession, at_most

TIMEOUT = 2.0
"""In seconds: nobody waits longer to choose a password because another company has trouble."""
PREFIX = 5

log = structlog.get_logger(__name__)


class BreachedPasswordValidator:
    """Refuses a password that leaked; where the list does not answer, the password passes and the log says so."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Ask about a new password.

        :raises ValidationError: it is on the list.
        """
        if settings.PASSWORD_BREACH_URL and has_leaked(password):
            raise ValidationError(
                _("This password leaked from another site, so strangers try it. Choose another one."),
                code="password_breached",
            )

    def get_help_text(self) -> str:
        """Say it before it happens."""
        return _("Your password cannot be one that leaked from another site.") if settings.PASSWORD_BREACH_URL else ""


def has_leaked(password: str) -> bool:
    """Tell whether the list knows this password; not when it does not answer."""
    digest = sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
    try:
        with at_most(TIMEOUT), EndingSession() as session:
            answer = session.get(
                f"{settings.PASSWORD_BREACH_URL.rstrip('/')}/{digest[:PREFIX]}",
                headers={"Add-Padding": "true", "User-Agent": "Saluhall"},
                timeout=TIMEOUT,
                allow_redirects=False,
            )
    except (requests.RequestException, TimeoutError) as error:
        log.warning("breached_passwords_unreachable", error=type(error).__name__)
        return False
    if answer.status_code != HTTPStatus.OK:
        log.warning("breached_passwords_unreachable", error=f"status {answer.status_code}")
        return False
    rest = digest[PREFIX:]
    counts = (line.strip().partition(":") for line in answer.text.splitlines())
    return any(found.upper() == rest and count not in {"", "0"} for found, _colon, count in counts)

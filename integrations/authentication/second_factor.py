"""The second factor: secrets encrypted at rest, passkeys bound to our address, and who may take it away."""

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from apps.users.services.second_factor import LastSecondFactorError, check_removal
from contracts.orders import Orders
from kernel.errors import DomainError
from kernel.rpc import client

PURPOSE = b"saluhall second factor"


class SecondFactorUnreadableError(DomainError):
    """The secrets were encrypted under another SECRET_KEY; the operator resets the factor, or brings the key back."""

    code = "second_factor_unreadable"
    status = 409

    def __init__(self) -> None:
        super().__init__("This second factor cannot be read any more. Ask the operator of the shop to reset it.")


class UsedCodeError(DomainError):
    """A code works once."""

    code = "code_used"
    status = 409

    def __init__(self) -> None:
        super().__init__("This code was used already.")


class SecondFactorAdapter(DefaultMFAAdapter):
    """Fits the second factor to our user."""

    def encrypt(self, text: str) -> str:
        """Encrypt a seed, so that whoever reads the database alone can make no codes."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return a seed.

        :raises SecondFactorUnreadableError: none of the secret keys opens it.
        """
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken as error:
            raise SecondFactorUnreadableError from error

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Keep the last factor of staff."""
        try:
            check_removal(user_id=authenticator.user_id, of=[authenticator.pk])
        except LastSecondFactorError:
            return False
        return True

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Bind passkeys to the shop's own address, whatever the request's headers say."""
        return {"id": urlsplit(settings.PUBLIC_URL).hostname or "", "name": client(Orders).shop().name}


def is_our_origin(origin: Any) -> bool:
    """True for the one address at which a passkey may be used: no other port, no host below ours."""
    ours = urlsplit(settings.PUBLIC_URL)
    return bool(ours.hostname) and origin == f"{ours.scheme}://{ours.netloc}"


def _cipher() -> MultiFernet:
    """Return the ciphers of the secret key and of those before it, the present one first."""
    return MultiFernet([_fernet(str(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _fernet(secret: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def mark_of(secret: str) -> int:
    """Return a number below zero, where no time step is, for something that must not be used twice."""
    return -1 - (int.from_bytes(hashlib.sha256(secret.encode()).digest()[:8], "big") >> 1)

"""An authenticator app for tests: secrets, codes, and people who set one up."""

import hashlib
import hmac
import struct
from base64 import b32decode, b32encode
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

from apps.users.models import User

SECRET = b32encode(b"twenty bytes of seed").decode()
APP = "/_allauth/app/v1"


def code_at(moment: datetime, secret: str = SECRET) -> str:
    """Return the code that an app shows, by RFC 6238, written here a second time on purpose."""
    digest = hmac.digest(b32decode(secret), struct.pack(">Q", int(moment.timestamp()) // 30), hashlib.sha1)
    start = digest[-1] & 15
    number: int = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def set_up_app(user: User, secret: str = SECRET) -> Authenticator:
    """Give somebody an authenticator app, as the product keeps it."""
    prove_email(user)
    authenticator: Authenticator = Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": get_adapter().encrypt(secret)}
    )
    return authenticator


def set_up_recovery_codes(user: User) -> list[str]:
    """Give somebody recovery codes and return them."""
    codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
    return codes


def prove_email(user: User) -> None:
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"primary": True, "verified": True})


def begin_sign_in(api: Any, email: str, password: str) -> str:
    """Give the password to the sign-in API, and return the token of the half-way sign-in."""
    answer = api.post(f"{APP}/auth/login", {"email": email, "password": password}, format="json")
    assert answer.status_code == 401, answer.content
    return str(answer.json()["meta"]["session_token"])


def give_code(api: Any, token: str, code: str) -> Any:
    return api.post(f"{APP}/auth/2fa/authenticate", {"code": code}, format="json", headers={"X-Session-Token": token})

"""The RSA keys that sign tokens: given, or generated once for a development machine, never shipped."""

import re
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from kernel import env
from kernel.secrets import keep

LEAST_BITS = 2048
PEM = re.compile(r"-----BEGIN [A-Z ]+-----.+?-----END [A-Z ]+-----", re.DOTALL)


def signing_key(given: str, *, file: Path, is_development: bool) -> tuple[str, bool]:
    """Return the key in PEM and whether it outlives this process.

    In development a missing one is written into the ``.env`` that exists; elsewhere a system check refuses the start.
    """
    if given:
        return _checked(given, "JWT_PRIVATE_KEY"), True
    pem = new_key()
    if is_development and file.is_file():
        keep(file, "JWT_PRIVATE_KEY", pem.replace("\n", "\\n"))
        return pem, True
    return pem, False


def previous_keys(given: str, *, current: str) -> list[str]:
    """Return the keys that may still verify, each in PEM and once; ``current`` is no former one, however it is written."""
    if not given:
        return []
    found = PEM.findall(given.replace("\\n", "\n"))
    if not found:
        env.refuse("JWT_PREVIOUS_KEYS holds no key in PEM.")
    keys = {_number(pem): pem for pem in (_checked(pem, "JWT_PREVIOUS_KEYS") for pem in found)}
    keys.pop(_number(current), None)
    return list(keys.values())


def new_key() -> str:
    """Return a fresh RSA key in PEM."""
    key = generate_private_key(public_exponent=65537, key_size=LEAST_BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode().strip()


def _number(pem: str) -> int:
    """Return what makes a key the one that it is."""
    key = load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key.public_key().public_numbers().n


def _checked(given: str, name: str) -> str:
    pem = given.replace("\\n", "\n").strip()
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        env.refuse(f"{name} must be an RSA private key in PEM without a password.")
        raise
    if not isinstance(key, RSAPrivateKey) or key.key_size < LEAST_BITS:
        env.refuse(f"{name} must be an RSA key of at least {LEAST_BITS} bits.")
    return pem

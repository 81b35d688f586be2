"""Which keys an operator names: the one that signs, and those that signed until lately."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from integrations.authentication.keys import new_key, previous_keys

FORMER = new_key()


def as_openssl_wrote_it(pem: str) -> str:
    key = load_pem_private_key(pem.encode(), password=None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def test_a_key_that_signed_until_lately_is_kept_once() -> None:
    given = f"{FORMER}\n{as_openssl_wrote_it(FORMER)}".replace("\n", "\\n")

    (kept,) = previous_keys(given, current=settings.JWT_PRIVATE_KEY)

    assert as_openssl_wrote_it(kept) == as_openssl_wrote_it(FORMER)


def test_the_key_that_signs_is_no_former_one_however_it_is_written() -> None:
    current = settings.JWT_PRIVATE_KEY

    assert previous_keys(f"{current}\n{FORMER}\n{as_openssl_wrote_it(current)}", current=current) == [FORMER]


def test_without_former_keys_there_are_none() -> None:
    assert previous_keys("", current=settings.JWT_PRIVATE_KEY) == []


def test_what_is_no_key_stops_the_start() -> None:
    with pytest.raises(ImproperlyConfigured, match="JWT_PREVIOUS_KEYS holds no key"):
        previous_keys("a key", current=settings.JWT_PRIVATE_KEY)

"""Answers of passkeys that are whole outside and broken within are incorrect codes, and make no factor."""

import hashlib
import json
import struct
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from fido2 import cbor
from fido2.utils import websafe_encode
from rest_framework.test import APIClient

from apps.users.models import AuditEntry, User
from integrations.authentication.tests.authenticator_app import begin_sign_in, give_code, set_up_app
from integrations.authentication.tests.passkey import ATTESTED, Passkey
from integrations.authentication.tests.test_passkeys import KEYS, SECOND, challenge, give, passkey, session
from tests.fixtures import PASSWORD

__all__ = ["passkey", "session"]  # fixtures
pytestmark = pytest.mark.django_db
DEEP_LIST, DEEP_MAP, CUT_NUMBER = b"\x81" * 50_000, b"\xa1\x00" * 50_000, b"\x1a\x00"
WITH_EXTENSIONS = hashlib.sha256(b"testserver").digest() + b"\x85" + bytes(4)


def text(data: bytes) -> str:
    return str(websafe_encode(data))


def signed(client: bytes, data: bytes) -> dict[str, Any]:
    """Return what a stranger sends in the name of a key that nobody has."""
    response = {
        "clientDataJSON": text(client),
        "authenticatorData": text(data),
        "signature": "AAAA",
        "userHandle": "AAAA",
    }
    return {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": response}


def creation_options(api: APIClient, session: dict[str, str]) -> dict[str, Any]:
    options: dict[str, Any] = api.get(f"{KEYS}?passwordless", headers=session).json()["data"]["creation_options"]
    return options


@pytest.mark.parametrize("data", [DEEP_LIST, DEEP_MAP, CUT_NUMBER], ids=["deep list", "deep map", "cut number"])
def test_nobodys_key_with_broken_extensions_is_an_incorrect_code(api: APIClient, data: bytes) -> None:
    headers, options = challenge(api)
    told = {"type": "webauthn.get", "challenge": options["publicKey"]["challenge"], "origin": "http://testserver"}

    answer = give(api, headers, signed(json.dumps(told).encode(), WITH_EXTENSIONS + data))

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "incorrect_code")


def test_nobodys_key_with_json_without_a_bottom_is_an_incorrect_code(api: APIClient, client: Client) -> None:
    credential = signed(b"[" * 100_000, WITH_EXTENSIONS)
    headers, _options = challenge(api)

    by_api = give(api, headers, credential)
    by_page = client.post("/accounts/2fa/webauthn/login/", {"credential": json.dumps(credential)})

    assert (by_api.status_code, by_page.status_code) == (400, 302)


@pytest.mark.parametrize("statement", [DEEP_LIST, DEEP_MAP, CUT_NUMBER], ids=["deep list", "deep map", "cut number"])
def test_a_new_key_that_is_broken_within_is_an_incorrect_code(
    api: APIClient, session: dict[str, str], statement: bytes
) -> None:
    credential = Passkey().register(creation_options(api, session))
    credential["response"]["attestationObject"] = text(statement)

    answer = api.post(KEYS, {"name": "x", "credential": credential}, headers=session)

    assert answer.status_code == 400
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("algorithm", [-99999, "x", [1]])
def test_a_key_that_nobody_can_check_is_no_factor(api: APIClient, session: dict[str, str], algorithm: Any) -> None:
    key = Passkey()
    credential = key.register(creation_options(api, session))
    public = cbor.encode({1: 2, 3: algorithm})
    data = WITH_EXTENSIONS[:32] + struct.pack(">BI", key.flags | ATTESTED, 0)
    data += bytes(16) + struct.pack(">H", len(key.id)) + key.id + public
    credential["response"]["attestationObject"] = text(cbor.encode({"fmt": "none", "attStmt": {}, "authData": data}))

    answer = api.post(KEYS, {"name": "x", "credential": credential}, headers=session)

    assert answer.status_code == 400
    assert not Authenticator.objects.exists()


def test_who_guesses_at_the_app_and_at_keys_closes_no_passkey_to_the_owner(passkey: Passkey, shopper: User) -> None:
    set_up_app(shopper)
    stranger = APIClient(REMOTE_ADDR="192.0.2.9")
    token = begin_sign_in(stranger, shopper.email, PASSWORD)
    for _ in range(6):
        give_code(stranger, token, "000000")
        headers, options = challenge(stranger, SECOND, token)
        give(stranger, headers, Passkey(handle=passkey.handle).sign(options), SECOND)

    mine = APIClient(REMOTE_ADDR="192.0.2.1")
    headers, options = challenge(mine, SECOND, begin_sign_in(mine, shopper.email, PASSWORD))

    assert give(mine, headers, passkey.sign(options), SECOND).status_code == 200


def test_wrong_answers_of_keys_are_on_record_for_who_gave_the_password(passkey: Passkey, shopper: User) -> None:
    stranger = APIClient()
    token = begin_sign_in(stranger, shopper.email, PASSWORD)
    for _ in range(3):
        headers, options = challenge(stranger, SECOND, token)
        give(stranger, headers, Passkey(handle=passkey.handle).sign(options), SECOND)
    headers, options = challenge(stranger)
    give(stranger, headers, Passkey(handle=passkey.handle).sign(options))  # whose key it is, he says himself

    entry = AuditEntry.objects.get(action="second_factor_failed")
    assert (entry.actor_label, entry.count) == (shopper.email, 3)

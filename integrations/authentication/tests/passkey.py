"""A passkey in software for tests: it signs whatever origin, flags and challenge it is told to."""

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass(kw_only=True)
class Passkey:
    """One credential at one relying party."""

    origin: str = "http://testserver"
    party: str = "testserver"
    flags: int = PRESENT | VERIFIED
    handle: str = ""
    counter: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def register(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer ``creation_options``."""
        asked = options["publicKey"]
        self.handle = asked["user"]["id"]
        public = ES256.from_cryptography_key(self.key.public_key())
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor.encode(dict(public))
        statement = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + attested}
        client = self._client("webauthn.create", asked["challenge"])
        response = {"clientDataJSON": _text(client), "attestationObject": _text(cbor.encode(statement))}
        return self._credential(response | {"transports": ["internal"]}) | {
            "clientExtensionResults": {"credProps": {"rk": True}}
        }

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer ``request_options``."""
        client = self._client("webauthn.get", options["publicKey"]["challenge"])
        data = self._data()
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._credential(
            {
                "clientDataJSON": _text(client),
                "authenticatorData": _text(data),
                "signature": _text(signature),
                "userHandle": self.handle,
            }
        )

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _data(self, more: int = 0) -> bytes:
        return hashlib.sha256(self.party.encode()).digest() + struct.pack(">BI", self.flags | more, self.counter)

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "public-key",
            "id": _text(self.id),
            "rawId": _text(self.id),
            "response": response,
            "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
        }


def _text(data: bytes) -> str:
    return str(websafe_encode(data))

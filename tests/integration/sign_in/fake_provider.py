"""An OpenID Connect provider, and GitHub, that say whatever a test wants: truth, lies and nonsense."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "the-shop"
CLIENT_SECRET = "kept-by-the-shop-alone"
KEY_ID = "key-1"


@cache
def own_key() -> rsa.RSAPrivateKey:
    """Return the one key of all honest providers here: making one takes long."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class FakeProvider:
    """What the provider will say next; a test changes it before it sends the browser."""

    person: dict[str, Any] = field(
        default_factory=lambda: {
            "sub": "person-1",
            "email": "Ann@Example.com",
            "email_verified": True,
            "name": "Ann Andersson",
        }
    )
    emails: list[dict[str, Any]] = field(default_factory=list)
    claims: dict[str, Any] = field(default_factory=dict)
    """Claims of the id_token that differ from honest ones; None leaves one out."""
    id_token: str | None = None
    """The whole token, if the test makes it."""
    description: dict[str, Any] = field(default_factory=dict)
    broken: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """Answers by path that take the place of the honest ones."""
    content_type: str = "application/json"
    moved: dict[str, str] = field(default_factory=dict)
    """Paths that lead to another, where the honest answer is."""
    dripping: set[str] = field(default_factory=set)
    """Paths whose answer comes a byte at a time, and never ends."""
    drips_headers: bool = False
    """Whether it is a header that never ends, not the body."""
    signing_key: rsa.RSAPrivateKey = field(default_factory=own_key)
    published_key: rsa.RSAPrivateKey | None = None
    key_use: str = "sig"
    port: int = 0
    nonce: str | None = None
    challenge: str = ""
    code: str = ""
    tokens_given: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def publish(self) -> None:
        """Settle which key the world knows; what signs may change afterwards."""
        self.published_key = self.published_key or self.signing_key

    def known_key(self) -> rsa.RSAPrivateKey:
        return self.published_key or self.signing_key

    def authorize(self, address: str) -> dict[str, str]:
        """Remember what the shop asks for in its redirect, and return the answer's parameters."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.publish()
        self.nonce, self.challenge = asked.get("nonce"), asked.get("code_challenge", "")
        self.code = secrets.token_urlsafe(8)
        return {"code": self.code, "state": asked["state"]}

    def honest_claims(self) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": self.person.get("sub"),
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
        }
        return {name: value for name, value in (claims | self.claims).items() if value is not None}

    def signed(self) -> str:
        return jwt.encode(self.honest_claims(), self.signing_key, algorithm="RS256", headers={"kid": KEY_ID})

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        match path:
            case "/.well-known/openid-configuration":
                return 200, {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "userinfo_endpoint": f"{self.url}/userinfo",
                    "jwks_uri": f"{self.url}/keys",
                } | self.description
            case "/keys":
                jwk = jwt.algorithms.RSAAlgorithm.to_jwk(self.known_key().public_key(), as_dict=True)
                return 200, {"keys": [jwk | {"kid": KEY_ID, "use": self.key_use, "alg": "RS256"}]}
            case "/token" | "/login/oauth/access_token":
                return self._token(form)
            case "/userinfo" | "/api/v3/user":
                return 200, self.person
            case "/api/v3/user/emails":
                return 200, self.emails
        return 404, {}

    def _token(self, form: dict[str, str]) -> tuple[int, Any]:
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if form.get("code") != self.code or proof.decode().rstrip("=") != self.challenge:
            return 400, {"error": "invalid_grant"}
        self.tokens_given += 1
        return 200, {
            "access_token": "access-1",
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self.signed() if self.id_token is None else self.id_token,
        }


@contextmanager
def serving(provider: FakeProvider) -> Iterator[FakeProvider]:
    """Let it answer on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            self._send({name: values[0] for name, values in parse_qs(body).items()})

        def _send(self, form: dict[str, str]) -> None:
            path = urlsplit(self.path).path
            if path in provider.moved or path in provider.dripping:
                _misbehave(self, provider, path)
                return
            path = next((old for old, new in provider.moved.items() if new == path), path)
            status, content = provider.broken.get(path) or provider.answer(path, form)
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", provider.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


def _misbehave(handler: BaseHTTPRequestHandler, provider: FakeProvider, path: str) -> None:
    """Lead elsewhere, or begin an answer and never end it."""
    if path in provider.moved:
        handler.send_response(307)
        handler.send_header("Location", provider.moved[path])
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    handler.send_response(200)
    if provider.drips_headers:
        handler.flush_headers()
        handler.wfile.write(b"X-Long:")
    else:
        handler.end_headers()
    with suppress(OSError):  # until nobody listens any more
        while True:
            handler.wfile.write(b" ")
            time.sleep(0.01)

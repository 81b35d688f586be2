"""Programs that use our OAuth server, as tests play them: each step by its own, so that a test can bend one."""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client as Browser

from apps.users.services.clients import Wanted, connect_program
from kernel import clock
from kernel.actors import Actor, Role

AUTHORIZE = "/identity/o/authorize"
TOKEN = "/identity/o/api/token"
REVOKE = "/identity/o/api/revoke"
INTROSPECT = "/identity/o/api/introspect"
USERINFO = "/identity/o/api/userinfo"
BACK = "https://app.example.com/callback"
VERIFIER = "a-verifier-that-is-long-enough-for-the-standard-1234"
ADMIN = Actor(role=Role.SUPER_USER)
SIGNED = re.compile(r'name="request" value="([^"]+)"')


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass(kw_only=True)
class Program:
    """A connected program and the browser of the person who uses it."""

    id: str
    secret: str
    browser: Browser = field(default_factory=Browser)

    def ask(self, **changes: Any) -> Any:
        """Send the person to the server."""
        asked = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": BACK,
            "scope": "openid email profile",
            "state": "a-state",
            "nonce": "a-nonce",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        } | changes
        return self.browser.get(AUTHORIZE, {name: value for name, value in asked.items() if value is not None})

    def answer(self, page: Any, action: str = "grant") -> Any:
        """Let the person press one of the two buttons."""
        found = SIGNED.search(page.content.decode())
        assert found, page.content.decode()
        scopes = page.context["form"].fields["scopes"].initial
        return self.browser.post(AUTHORIZE, {"request": found[1], "scopes": scopes, "action": action})

    def code(self, **changes: Any) -> str:
        """Return a code that the person gave."""
        return answered(self.answer(self.ask(**changes)))["code"]

    def post(self, address: str = TOKEN, **body: Any) -> Any:
        """Ask the server itself, with the program's secret if it keeps one."""
        proof = {"client_id": self.id} | ({"client_secret": self.secret} if self.secret else {})
        body = {name: value for name, value in (proof | body).items() if value is not None}
        return Browser().post(address, body)

    def exchange(self, given: str, **changes: Any) -> Any:
        """Turn a code into tokens."""
        wanted = {"grant_type": "authorization_code", "code": given, "redirect_uri": BACK, "code_verifier": VERIFIER}
        return self.post(**(wanted | changes))

    def refresh(self, token: str, **changes: Any) -> Any:
        """Turn a refresh token into others."""
        return self.post(**({"grant_type": "refresh_token", "refresh_token": token} | changes))

    def tokens(self, **changes: Any) -> dict[str, Any]:
        """Return the tokens of a person who allowed everything."""
        given = self.exchange(self.code(**changes))
        assert given.status_code == 200, given.content
        return dict(given.json())


def connect(browser: Browser | None = None, **changes: Any) -> Program:
    """Connect a program that keeps a secret, unless told otherwise."""
    wanted = {
        "name": "Order watcher",
        "scopes": ("openid", "email", "profile", "orders:read"),
        "redirect_uris": (BACK,),
    } | changes
    client, secret = connect_program(wanted=Wanted(**wanted), actor=ADMIN, now=clock.now())
    return Program(id=client.id, secret=secret, browser=browser or Browser())


def connect_machine(**changes: Any) -> Program:
    """Connect a program that acts for itself."""
    wanted = {"name": "Nightly export", "acts_for_people": False, "acts_for_itself": True, "scopes": ("orders:read",)}
    return connect(**(wanted | {"redirect_uris": ()} | changes))


def answered(response: Any) -> dict[str, str]:
    """Return what the server tells the program by the person's browser."""
    assert response.status_code == 302, response.content
    return {name: values[0] for name, values in parse_qs(urlsplit(response["Location"]).query).items()}

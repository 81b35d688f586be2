"""A service without a table of users believes what a running shop signed, and nothing else."""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from django.conf import settings
from django.http import HttpResponse
from django.test import override_settings
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from integrations.authentication.keys import new_key
from integrations.authentication.stateless import stateless
from kernel.http.principals import actor_of, holders_of
from kernel.http.views import ApiView
from tests.integration.live_shop import PASSWORD, LiveShop, running_shop

EMAIL = "owner@example.com"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any) -> Iterator[LiveShop]:
    """Start a shop with a super user; the service under test lives in this process and never asks its database."""
    with django_db_blocker.unblock(), running_shop(tmp_path_factory.mktemp("shop")) as shop:
        shop.staff()
        with override_settings(PUBLIC_URL=shop.url):
            yield shop


@pytest.fixture(scope="module")
def tokens(shop: LiveShop) -> dict[str, str]:
    answer = requests.post(
        f"{shop.url}/_allauth/app/v1/auth/login", json={"email": EMAIL, "password": PASSWORD}, timeout=30
    )
    meta: dict[str, str] = answer.json()["meta"]
    return meta


def ask(
    shop: LiveShop, token: str | None, *, right: str = "orders", method: str = "get", keys: str = ""
) -> HttpResponse:
    """Ask a view of a service that has nothing but the address of the shop's keys."""

    class Orders(ApiView):
        authentication_classes = (stateless(keys or f"{shop.url}/.well-known/jwks.json"),)
        permission_classes = (holders_of(right),)
        throttle_classes = ()
        scope = right

        def get(self, request: Any) -> Response:
            actor = actor_of(request)
            return Response({"id": str(actor.id), "role": actor.role, "email": actor.email, "client": actor.client})

        post = get

    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    answer: HttpResponse = Orders.as_view()(getattr(APIRequestFactory(), method)("/api/v1/x/", headers=headers))
    if hasattr(answer, "render"):
        answer.render()
    return answer


def body(answer: HttpResponse) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.content)
    return found


def changed(token: str, *, key: Any, algorithm: str = "RS256", **header: Any) -> str:
    """Return the same claims under another key and header."""
    said = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(said, key, algorithm=algorithm, headers=jwt.get_unverified_header(token) | header)


def foreign_key() -> RSAPrivateKey:
    key = load_pem_private_key(new_key().encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key


def test_a_service_knows_who_calls_without_a_table_of_users(shop: LiveShop, tokens: dict[str, str]) -> None:
    answer = ask(shop, tokens["access_token"])

    assert answer.status_code == 200
    assert (body(answer)["role"], body(answer)["email"]) == ("super_user", EMAIL)


def test_an_exchanged_token_is_believed_with_its_scopes(shop: LiveShop, tokens: dict[str, str]) -> None:
    mine = requests.Session()
    mine.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    shop.confirm(mine)
    made = mine.post(f"{shop.url}/api/v1/tokens/", json={"name": "till", "scopes": ["orders:read"]}, timeout=30)
    assert made.status_code == 201, made.text
    mine.headers["Authorization"] = f"Bearer {made.json()['token']}"
    exchanged = mine.get(f"{shop.url}/api/v1/auth/exchange/", timeout=30)
    token = exchanged.headers["Authorization"].removeprefix("Bearer ")

    read, write = ask(shop, token), ask(shop, token, method="post")

    assert (read.status_code, body(read)["client"]) == (200, "till")
    assert (write.status_code, body(write)["scope"]) == (403, "orders:write")
    assert ask(shop, token, right="catalogue").status_code == 403


def test_what_the_shop_did_not_sign_is_refused(shop: LiveShop, tokens: dict[str, str]) -> None:
    genuine = tokens["access_token"]
    _, claims, _ = genuine.split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    own = load_pem_private_key(settings.JWT_PRIVATE_KEY.encode(), password=None)
    public = own.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    hmac = jwt.get_algorithm_by_name("HS256")
    kid = jwt.get_unverified_header(genuine)["kid"]
    forged_head = (
        base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": kid, "typ": "JWT"}).encode()).rstrip(b"=").decode()
    )
    forged = base64.urlsafe_b64encode(hmac.sign(f"{forged_head}.{claims}".encode(), public)).rstrip(b"=").decode()
    bad = {
        "a foreign key with our id": changed(genuine, key=foreign_key()),
        "an unknown id": changed(genuine, key=own, kid="unknown"),
        "the public key as a secret": f"{forged_head}.{claims}.{forged}",
        "no signature": f"{none}.{claims}.",
        "a refresh token": tokens["refresh_token"],
        "a session token": tokens["session_token"],
        "garbage": "x",
        "half of it": genuine[:-40],
        "nothing": "",
    }

    codes = {what: (ask(shop, token).status_code, body(ask(shop, token))["code"]) for what, token in bad.items()}

    assert codes == dict.fromkeys(bad, (401, "invalid_token"))
    assert ask(shop, None).status_code == 401


@pytest.mark.parametrize(
    "change", [{"role": "emperor"}, {"role": None}, {"rights": None}, {"sub": "x"}, {"sub": None}, {"gty": "x"}]
)
def test_claims_that_make_no_sense_are_refused(shop: LiveShop, tokens: dict[str, str], change: dict[str, Any]) -> None:
    said = jwt.decode(tokens["access_token"], options={"verify_signature": False}) | change
    key = load_pem_private_key(settings.JWT_PRIVATE_KEY.encode(), password=None)
    kid = jwt.get_unverified_header(tokens["access_token"])["kid"]
    token = jwt.encode({k: v for k, v in said.items() if v is not None}, key, algorithm="RS256", headers={"kid": kid})

    assert ask(shop, token).status_code == 401


def test_a_token_that_ran_out_says_so(shop: LiveShop, tokens: dict[str, str]) -> None:
    said = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    key = load_pem_private_key(settings.JWT_PRIVATE_KEY.encode(), password=None)
    kid = jwt.get_unverified_header(tokens["access_token"])["kid"]

    answer = ask(shop, jwt.encode(said | {"exp": int(time.time()) - 1}, key, algorithm="RS256", headers={"kid": kid}))

    assert (answer.status_code, body(answer)["code"]) == (401, "token_expired")


def test_a_service_that_knows_the_keys_goes_on_while_their_keeper_is_away(
    shop: LiveShop, tokens: dict[str, str]
) -> None:
    with keeper(requests.get(f"{shop.url}/.well-known/jwks.json", timeout=30).content) as address:
        assert ask(shop, tokens["access_token"], keys=address).status_code == 200

    assert ask(shop, tokens["access_token"], keys=address).status_code == 200
    stateless.cache_clear()
    answer = ask(shop, tokens["access_token"], keys=address)
    assert (answer.status_code, body(answer)["code"]) == (503, "keys_unavailable")


@pytest.mark.parametrize(
    ("said", "status"), [(b"{", 503), (b"", 503), (b"[]", 401), (b"{}", 401), (b'{"keys": []}', 401)]
)
def test_a_keeper_that_talks_nonsense_lets_nobody_in(
    shop: LiveShop, tokens: dict[str, str], said: bytes, status: int
) -> None:
    stateless.cache_clear()

    with keeper(said) as address:
        assert ask(shop, tokens["access_token"], keys=address).status_code == status


@contextmanager
def keeper(said: bytes) -> Iterator[str]:
    """Run a server that answers everything with these bytes, until the block ends."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_words: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/jwks.json"
        server.shutdown()

"""Authlib, which nobody here wrote, as the program: it finds the server by discovery and takes part in every grant."""

from typing import Any

import jwt
import pytest
from authlib.integrations.requests_client import OAuth2Session
from django.test import Client as Browser
from pytest_django.live_server_helper import LiveServer
from requests import get

from integrations.authentication.tests.programs import SIGNED, connect, connect_machine
from tests.fixtures import sign_in_afresh

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]
BACK = "http://127.0.0.1:9/callback"
SCOPE = "openid email profile orders:read"


@pytest.fixture
def server(live_server: LiveServer, settings: Any) -> dict[str, Any]:
    """Return what a running server tells of itself."""
    settings.PUBLIC_URL = live_server.url
    return dict(get(f"{live_server.url}/.well-known/openid-configuration", timeout=30).json())


@pytest.fixture(autouse=True)
def _plain_http_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


def allowed(person: Any, address: str) -> str:
    """Let a person sign in and press the button; return where the browser is sent."""
    browser = Browser()
    sign_in_afresh(browser, person)
    page = browser.get(address)
    found = SIGNED.search(page.content.decode())
    assert found, page.content
    answer = browser.post("/identity/o/authorize", {"request": found[1], "scopes": SCOPE.split(), "action": "grant"})
    return str(answer["Location"])


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
def test_a_program_for_people_goes_all_the_way(server: dict[str, Any], shopper: Any, method: str) -> None:
    made = connect(redirect_uris=(BACK,), is_confidential=method != "none")
    program = OAuth2Session(
        made.id,
        made.secret or None,
        scope=SCOPE,
        redirect_uri=BACK,
        code_challenge_method="S256",
        token_endpoint_auth_method=method,
    )
    verifier = "another-verifier-that-is-long-enough-for-the-standard"
    address, _ = program.create_authorization_url(server["authorization_endpoint"], code_verifier=verifier, nonce="n")

    token = program.fetch_token(
        server["token_endpoint"],
        authorization_response=allowed(shopper, address),
        code_verifier=verifier,
        revocation_endpoint_auth_method=method,
    )
    person = program.get(server["userinfo_endpoint"], timeout=30).json()
    key = jwt.PyJWKClient(server["jwks_uri"]).get_signing_key_from_jwt(token["id_token"])
    claims = jwt.decode(token["id_token"], key, algorithms=["RS256"], audience=made.id, issuer=server["issuer"])
    later = program.refresh_token(server["token_endpoint"], refresh_token=token["refresh_token"])
    orders = program.get(f"{server['issuer']}/api/v1/orders/", timeout=30).status_code
    program.revoke_token(server["revocation_endpoint"], token=later["access_token"])

    assert (person["sub"], person["role"]) == (str(shopper.pk), "regular")
    assert (claims["nonce"], claims["sub"]) == ("n", str(shopper.pk))
    assert orders == 200
    assert program.get(f"{server['issuer']}/api/v1/orders/", timeout=30).status_code == 401


def test_a_machine_signs_in_by_itself_and_looks_at_its_token(server: dict[str, Any]) -> None:
    made = connect_machine()
    machine = OAuth2Session(made.id, made.secret, scope="orders:read")

    token = machine.fetch_token(server["token_endpoint"], grant_type="client_credentials")
    known = machine.introspect_token(server["introspection_endpoint"], token=token["access_token"]).json()
    orders = machine.get(f"{server['issuer']}/api/v1/orders/", timeout=30).status_code
    machine.revoke_token(server["revocation_endpoint"], token=token["access_token"])

    assert (known["active"], known["client_id"], known["scope"]) == (True, made.id, "orders:read")
    assert orders == 200
    assert machine.introspect_token(server["introspection_endpoint"], token=token["access_token"]).json() == {
        "active": False
    }

"""What the server tells of itself is true, at one address, and cheap."""

import time
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.test import Client as Browser
from django.test import override_settings

from integrations.authentication.allauth_internals import jwk_of
from integrations.authentication.keys import new_key
from integrations.authentication.tests.programs import connect, connect_machine

pytestmark = pytest.mark.django_db
DISCOVERY = "/.well-known/openid-configuration"
KEYS = "/.well-known/jwks.json"


def test_the_issuer_and_every_address_are_the_public_one_whatever_host_was_asked(client: Browser) -> None:
    told = client.get(DISCOVERY, headers={"host": "evil.example"}).json()

    addresses = {name: value for name, value in told.items() if name.endswith(("_endpoint", "_uri"))}
    assert told["issuer"] == settings.PUBLIC_URL
    assert len(addresses) == 7
    assert all(value.startswith(settings.PUBLIC_URL + "/") for value in addresses.values()), addresses


def test_only_what_works_is_listed(client: Browser) -> None:
    told = client.get(DISCOVERY).json()

    assert told["response_types_supported"] == ["code"]
    assert told["response_modes_supported"] == ["query"]
    assert told["grant_types_supported"] == ["authorization_code", "client_credentials", "refresh_token"]
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["id_token_signing_alg_values_supported"] == ["RS256"]
    assert not told["request_parameter_supported"]
    assert not told["request_uri_parameter_supported"]
    assert "device_authorization_endpoint" not in told
    assert "registration_endpoint" not in told


def test_every_listed_address_answers(client: Browser) -> None:
    told = client.get(DISCOVERY).json()
    paths = [value.removeprefix(settings.PUBLIC_URL) for name, value in told.items() if name.endswith("_endpoint")]

    assert {path: client.get(path).status_code for path in paths if client.get(path).status_code == 404} == {}


def test_tokens_of_the_last_key_still_count_after_a_rotation(client: Browser, shopper: Any) -> None:
    client.force_login(shopper)
    token = connect(client).tokens()["access_token"]
    fresh = new_key()
    keys = [{"pem": fresh}, {"pem": settings.JWT_PRIVATE_KEY}]

    with override_settings(IDP_OIDC_PRIVATE_KEY=fresh, IDP_OIDC_PRIVATE_KEYS=keys):
        listed = {key["kid"] for key in client.get(KEYS).json()["keys"]}
        told = Browser().get("/identity/o/api/userinfo", headers={"Authorization": f"Bearer {token}"})

    assert jwt.get_unverified_header(token)["kid"] in listed
    assert jwk_of(fresh)[0]["kid"] in listed
    assert told.status_code == 200


def test_the_list_of_keys_holds_no_private_part(client: Browser) -> None:
    for key in client.get(KEYS).json()["keys"]:
        assert set(key) <= {"kty", "n", "e", "kid", "alg", "use", "key_ops"}


def test_a_key_is_read_from_its_text_once() -> None:
    machine = connect_machine()
    machine.post(grant_type="client_credentials")

    began = time.process_time()
    for _ in range(10):
        jwk_of(settings.JWT_PRIVATE_KEY)

    assert time.process_time() - began < 0.02


def test_ten_thousand_permissions_do_not_slow_a_program_down(client: Browser, shopper: Any, statements: Any) -> None:
    from allauth.idp.oidc.models import Token

    from kernel import clock

    client.force_login(shopper)
    program = connect(client)
    given = program.tokens()
    Token.objects.bulk_create(
        Token(
            type=Token.Type.REFRESH_TOKEN,
            hash=f"{number:064x}",
            client_id=program.id,
            user=shopper,
            data={"family": f"{number:032x}"},
            expires_at=clock.now(),
        )
        for number in range(10_000)
    )

    with statements() as ran:
        began = time.thread_time()
        answer = program.refresh(given["refresh_token"])
        seconds = time.thread_time() - began

    assert answer.status_code == 200
    assert seconds < 0.5
    assert len(ran) <= 12, ran

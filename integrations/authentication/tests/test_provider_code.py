"""The authorization code: once, for one program, with PKCE, to an address that was registered."""

from typing import Any

import jwt
import pytest
from django.conf import settings
from django.test import Client as Browser

from integrations.authentication.tests.programs import (
    AUTHORIZE,
    BACK,
    USERINFO,
    VERIFIER,
    Program,
    answered,
    challenge_of,
    connect,
    connect_machine,
)
from tests.fixtures import sign_in_afresh

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(client: Browser, shopper: Any) -> Program:
    sign_in_afresh(client, shopper)
    return connect(client)


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_a_program_gets_tokens_that_say_who_allowed_it_and_what(program: Program, shopper: Any) -> None:
    given = program.tokens(scope="openid email profile orders:read")

    identity, access = claims_of(given["id_token"]), claims_of(given["access_token"])
    assert (identity["iss"], identity["aud"], identity["sub"]) == (settings.PUBLIC_URL, program.id, str(shopper.pk))
    assert (identity["nonce"], identity["role"], identity["name"]) == ("a-nonce", "regular", "Shopper")
    assert (access["iss"], access["aud"], access["gty"]) == (settings.PUBLIC_URL, settings.JWT_AUDIENCE, "oauth")
    assert (access["scope"], access["role"]) == ("openid email profile orders:read", "regular")
    assert given["expires_in"] == 900


def test_userinfo_says_no_more_than_the_scopes_allow(program: Program, shopper: Any) -> None:
    little = program.tokens(scope="openid")["access_token"]
    more = program.tokens(scope="openid profile")["access_token"]

    def said(token: str) -> Any:
        return Browser().get(USERINFO, headers={"Authorization": f"Bearer {token}"}).json()

    assert said(little) == {"sub": str(shopper.pk)}
    assert said(more) == {"sub": str(shopper.pk), "name": "Shopper", "role": "regular"}


def test_an_access_token_names_no_address_that_was_not_asked_for(program: Program) -> None:
    access = claims_of(program.tokens(scope="openid orders:read")["access_token"])

    assert "shopper@example.com" not in str(access)


def test_a_token_in_the_query_is_refused(program: Program) -> None:
    token = program.tokens()["access_token"]

    refused = Browser().get(USERINFO, {"access_token": token})

    assert refused.status_code == 401


def test_state_and_issuer_come_back_with_the_code_and_with_a_refusal(program: Program) -> None:
    allowed = answered(program.answer(program.ask()))
    denied = answered(program.answer(program.ask(), action="deny"))

    assert (allowed["state"], allowed["iss"]) == ("a-state", settings.PUBLIC_URL)
    assert denied == {"error": "access_denied", "state": "a-state", "iss": settings.PUBLIC_URL}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain", "code_challenge": VERIFIER}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"code_challenge": "too-short"}, "invalid_request"),
        ({"response_type": "token"}, "unauthorized_client"),
        ({"response_type": "id_token"}, "unauthorized_client"),
        ({"response_type": "code id_token"}, "unauthorized_client"),
        ({"response_type": "none"}, "unauthorized_client"),
        ({"response_type": None}, "invalid_request"),
        ({"scope": "openid orders:write"}, "invalid_scope"),
        ({"scope": "openid everything"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://evil.example/request"}, "request_uri_not_supported"),
        ({"prompt": "none"}, "consent_required"),
        ({"prompt": "none", "scope": "orders:read"}, "invalid_request"),
        ({"prompt": "none login consent"}, ""),
    ],
    ids=str,
)
@pytest.mark.parametrize("has_secret", [True, False], ids=["secret", "public"])
def test_what_is_not_offered_is_refused(
    client: Browser, shopper: Any, changes: dict[str, Any], error: str, has_secret: bool
) -> None:
    sign_in_afresh(client, shopper)

    refused = connect(client, is_confidential=has_secret).ask(**changes)

    assert refused.status_code == 302
    assert "code=" not in refused["Location"]
    if error:
        assert refused["Location"].startswith(BACK + "?")
        assert answered(refused)["error"] == error
        assert answered(refused)["iss"] == settings.PUBLIC_URL


NEARLY = (
    BACK + "/",
    BACK + "?x=1",
    BACK + "#part",
    BACK + "/../callback",
    BACK + "%2f",
    BACK.upper(),
    BACK.replace("callback", "Callback"),
    BACK.replace("https", "http"),
    BACK.replace(".com", ".com:8443"),
    BACK.replace(".com", ".com:443"),
    BACK.replace("app.example.com", "app.example.com@evil.example"),
    BACK.replace("app.example.com", "app.example.com.evil.example"),
    BACK.replace("app.example.com", "evil.example/app.example.com"),
    BACK.replace("https://", "https:\\\\"),
    BACK + "\x00",
    BACK + "%00",
    " " + BACK,
    "//app.example.com/callback",
    "javascript:alert(1)",
    "https://*.example.com/callback",
    "",
)


@pytest.mark.parametrize("address", NEARLY)
@pytest.mark.parametrize("is_signed_in", [True, False], ids=["signed in", "stranger"])
def test_an_address_that_almost_matches_leads_nowhere(
    client: Browser, shopper: Any, address: str, is_signed_in: bool
) -> None:
    if is_signed_in:
        sign_in_afresh(client, shopper)

    refused = connect(client).ask(redirect_uri=address)

    assert refused.status_code == 400
    assert "Location" not in refused


def test_a_loopback_address_means_its_port_too(client: Browser, shopper: Any) -> None:
    sign_in_afresh(client, shopper)
    program = connect(client, redirect_uris=("http://127.0.0.1:9000/callback",))

    assert program.ask(redirect_uri="http://127.0.0.1:9000/callback").status_code == 200
    assert program.ask(redirect_uri="http://127.0.0.1:9001/callback").status_code == 400
    assert program.ask(redirect_uri="http://localhost:9000/callback").status_code == 400


@pytest.mark.parametrize("client_id", ["unknown", "", "\x00", "x" * 200, "' OR 1=1 --", "ä"])
def test_an_unknown_program_gets_a_page_and_no_redirect(client: Browser, shopper: Any, client_id: str) -> None:
    sign_in_afresh(client, shopper)

    assert connect(client).ask(client_id=client_id).status_code == 400


def test_an_id_in_other_letters_is_another_program(program: Program) -> None:
    assert program.ask(client_id=program.id.upper()).status_code in ({200} if program.id.isdigit() else {400})


def test_a_doubled_parameter_is_refused(program: Program) -> None:
    address = (
        f"{AUTHORIZE}?response_type=code&client_id={program.id}&redirect_uri={BACK}&redirect_uri=https://evil.example/"
    )

    assert program.browser.get(address).status_code == 400


def test_a_code_works_once_and_its_replay_ends_what_it_gave(program: Program) -> None:
    code = program.code(scope="openid orders:read")
    given = program.exchange(code).json()

    again = program.exchange(code)

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert Browser().get(USERINFO, headers={"Authorization": f"Bearer {given['access_token']}"}).status_code == 401
    assert program.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_replay_after_a_refresh_ends_the_new_tokens_too(program: Program) -> None:
    code = program.code()
    later = program.refresh(program.exchange(code).json()["refresh_token"]).json()

    program.exchange(code)

    assert program.refresh(later["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_strangers_replay_of_a_code_ends_nothing(program: Program) -> None:
    code = program.code()
    given = program.exchange(code).json()

    stolen = connect().exchange(code)

    assert stolen.json()["error"] == "invalid_grant"
    assert program.refresh(given["refresh_token"]).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": VERIFIER + "x"},
        {"code_verifier": challenge_of(VERIFIER)},
        {"code_verifier": None},
        {"code_verifier": ""},
        {"redirect_uri": BACK + "/"},
        {"redirect_uri": None},
        {"code": "made-up"},
        {"code": "\x00"},
        {"code": "x" * 5000},
    ],
    ids=str,
)
def test_a_code_is_worth_nothing_without_all_that_belongs_to_it(program: Program, changes: dict[str, Any]) -> None:
    refused = program.exchange(program.code(), **changes)

    assert refused.status_code == 400
    assert refused.json()["error"] in {"invalid_grant", "invalid_request"}


def test_a_code_of_another_program_is_worth_nothing(program: Program, client: Browser) -> None:
    other = connect(client, name="Another")

    assert other.exchange(program.code()).json()["error"] == "invalid_grant"
    assert other.exchange(program.code(), client_id=program.id).status_code == 401


def test_an_old_code_is_worth_nothing(program: Program) -> None:
    from django.core.cache import cache

    code = program.code()
    cache.clear()

    assert program.exchange(code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "grant_type", ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code", "", "x"]
)
def test_other_ways_to_a_token_do_not_exist(program: Program, grant_type: str) -> None:
    refused = program.post(grant_type=grant_type, username="shopper@example.com", password="correct-horse-battery-1")

    assert refused.status_code in {400, 401}
    assert "access_token" not in refused.json()


def test_a_program_for_people_gets_nothing_for_itself(program: Program) -> None:
    refused = program.post(grant_type="client_credentials", scope="orders:read")

    assert refused.json()["error"] == "unauthorized_client"


@pytest.mark.parametrize("secret", ["wrong", "", None, "ä\x00"])
def test_a_wrong_secret_is_no_secret(program: Program, secret: str | None) -> None:
    refused = program.exchange(program.code(), client_secret=secret)

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def test_a_secret_may_come_percent_encoded_in_the_header(program: Program) -> None:
    import base64

    encoded = "".join(f"%{ord(letter):02X}" for letter in program.secret)
    header = base64.b64encode(f"{program.id}:{encoded}".encode()).decode()
    wanted = {
        "grant_type": "authorization_code",
        "code": program.code(),
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }

    given = Browser().post("/identity/o/api/token", wanted, headers={"Authorization": f"Basic {header}"})

    assert given.status_code == 200
    assert program.id.isalnum()
    assert program.secret.isalnum()


def test_tokens_are_for_one_audience(program: Program) -> None:
    refused = program.exchange(program.code(), resource="https://other.example/")
    given = program.exchange(program.code(), resource=settings.PUBLIC_URL)

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_target")
    assert claims_of(given.json()["access_token"])["aud"] == settings.JWT_AUDIENCE


def test_a_machine_gets_what_it_was_given_and_no_refresh_token() -> None:
    machine = connect_machine(scopes=("orders:read", "catalogue:read"))

    everything = machine.post(grant_type="client_credentials").json()
    some = machine.post(grant_type="client_credentials", scope="orders:read").json()
    beyond = machine.post(grant_type="client_credentials", scope="orders:write").json()

    assert claims_of(everything["access_token"])["role"] == "machine"
    assert "sub" not in claims_of(everything["access_token"])
    assert sorted(everything["scope"].split()) == ["catalogue:read", "orders:read"]
    assert some["scope"] == "orders:read"
    assert beyond["error"] == "invalid_scope"
    assert "refresh_token" not in everything


def test_a_machine_is_nobody() -> None:
    machine = connect_machine(scopes=("openid", "orders:read"))

    assert machine.post(grant_type="client_credentials", scope="openid").json()["error"] == "invalid_scope"

"""What an OpenID Connect provider says is believed only as far as it is proven."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from apps.users.models import User
from tests.integration.sign_in.conftest import CALLBACK, LOGIN
from tests.integration.sign_in.fake_provider import CLIENT_ID, KEY_ID, FakeProvider

pytestmark = pytest.mark.django_db
ComeBack = Callable[..., Any]


def is_refused(client: Client, answer: Any) -> bool:
    """Return whether nobody was signed in, nobody was made, and the page says so."""
    return (
        answer.status_code == 401
        and "You are not signed in" in answer.content.decode()
        and not User.objects.exists()
        and client.get("/dashboard/").status_code == 302
    )


def test_an_honest_provider_signs_its_person_in(client: Client, provider: FakeProvider, come_back: ComeBack) -> None:
    answer = come_back(client)

    assert (answer.status_code, answer["Location"]) == (302, "/dashboard/")
    assert client.get("/dashboard/").status_code == 200
    user = User.objects.get()
    assert (user.email, user.name, user.is_staff, user.has_usable_password()) == (
        "ann@example.com",
        "Ann Andersson",
        False,
        False,
    )


def test_the_question_carries_state_nonce_and_a_pkce_challenge(client: Client, provider: FakeProvider) -> None:
    sent = client.post(LOGIN)

    asked = parse_qs(urlsplit(sent["Location"]).query)
    assert asked["redirect_uri"] == [f"http://testserver{CALLBACK}"]
    assert asked["code_challenge_method"] == ["S256"]
    assert sorted(asked["scope"][0].split()) == ["email", "openid", "profile"]
    assert min(len(asked[name][0]) for name in ("state", "nonce", "code_challenge")) >= 16


def test_an_address_cannot_change_what_is_asked(client: Client, provider: FakeProvider) -> None:
    sent = client.post(f"{LOGIN}?scope=admin&auth_params=redirect_uri%3Dhttps%3A%2F%2Fevil.example%2F%26nonce%3D1")

    asked = parse_qs(urlsplit(sent["Location"]).query)
    assert asked["redirect_uri"] == [f"http://testserver{CALLBACK}"]
    assert sorted(asked["scope"][0].split()) == ["email", "openid", "profile"]
    assert asked["nonce"] != ["1"]


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-shop"},
        {"aud": None},
        {"aud": [CLIENT_ID, "another-shop"]},
        {"aud": [CLIENT_ID, "another-shop"], "azp": CLIENT_ID},
        {"azp": "another-shop"},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"nonce": "of-another-browser"},
        {"nonce": None},
        {"sub": "person-2"},
        {"sub": None},
        {"exp": 1},
        {"exp": None},
        {"iat": 4_102_444_800},
        {"nbf": 4_102_444_800},
    ],
    ids=str,
)
def test_an_id_token_with_a_wrong_claim_is_refused(
    client: Client, provider: FakeProvider, come_back: ComeBack, claims: dict[str, Any]
) -> None:
    provider.claims = claims

    answer = come_back(client)

    assert is_refused(client, answer)


def test_an_id_token_of_a_foreign_key_is_refused(client: Client, provider: FakeProvider, come_back: ComeBack) -> None:
    provider.publish()
    provider.signing_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    answer = come_back(client)

    assert is_refused(client, answer)


def public_half(provider: FakeProvider) -> bytes:
    return (
        provider.known_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def unsigned(provider: FakeProvider) -> str:
    return jwt.encode(provider.honest_claims(), "", algorithm="none", headers={"kid": KEY_ID})


def signed_with_the_public_half(provider: FakeProvider) -> str:
    import base64
    import hashlib
    import hmac

    parts = [{"alg": "HS256", "kid": KEY_ID, "typ": "JWT"}, provider.honest_claims()]
    text = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    digest = hmac.new(public_half(provider), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def under_an_unknown_key_id(provider: FakeProvider) -> str:
    return jwt.encode(provider.honest_claims(), provider.signing_key, algorithm="RS256", headers={"kid": "../../key"})


def cut_short(provider: FakeProvider) -> str:
    return provider.signed()[:-20]


def nonsense(provider: FakeProvider) -> str:
    return "not.a.token"


def nothing(provider: FakeProvider) -> str:
    return ""


@pytest.mark.parametrize(
    "forge",
    [unsigned, signed_with_the_public_half, under_an_unknown_key_id, cut_short, nonsense, nothing],
    ids=lambda forge: forge.__name__,
)
def test_a_forged_id_token_is_refused(
    client: Client, provider: FakeProvider, forge: Callable[[FakeProvider], str]
) -> None:
    answer_of_provider = provider.authorize(client.post(LOGIN)["Location"])
    provider.id_token = forge(provider)

    answer = client.get(f"{CALLBACK}?{urlencode(answer_of_provider)}")

    assert is_refused(client, answer)
    assert provider.tokens_given == 1


@pytest.mark.parametrize(
    ("path", "broken"),
    [
        ("/.well-known/openid-configuration", (500, b"")),
        ("/.well-known/openid-configuration", (200, b"<html>")),
        ("/.well-known/openid-configuration", (200, b"[]")),
        ("/.well-known/openid-configuration", (200, b"{}")),
        ("/.well-known/openid-configuration", (200, b"[" * 100_000)),
    ],
)
def test_a_provider_that_does_not_describe_itself_gives_a_page_and_no_fault(
    client: Client, provider: FakeProvider, path: str, broken: tuple[int, bytes]
) -> None:
    provider.broken[path] = broken

    answer = client.post(LOGIN)

    assert is_refused(client, answer)


@pytest.mark.parametrize(
    "broken",
    [
        (500, b""),
        *((200, body) for body in (b"<html>", b"[]", b"{}", b"null", b"1", b"[" * 100_000, b"\xff", b"9" * 6000)),
    ],
    ids=lambda broken: f"{broken[0]} {broken[1][:6]!r}",
)
@pytest.mark.parametrize("path", ["/token", "/keys", "/userinfo", "/.well-known/openid-configuration"])
def test_a_provider_that_fails_on_the_way_back_gives_a_page_and_no_fault(
    client: Client, provider: FakeProvider, path: str, broken: tuple[int, bytes]
) -> None:
    answer_of_provider = provider.authorize(client.post(LOGIN)["Location"])
    provider.broken[path] = broken

    answer = client.get(f"{CALLBACK}?{urlencode(answer_of_provider)}")

    assert is_refused(client, answer)


def test_a_provider_that_is_gone_gives_a_page_and_no_fault(client: Client, provider: FakeProvider, set_up: Any) -> None:
    set_up(OIDC_LOGIN_SERVER_URL="http://127.0.0.1:9")

    answer = client.post(LOGIN)

    assert is_refused(client, answer)


def test_a_description_of_another_issuer_is_refused(client: Client, provider: FakeProvider) -> None:
    provider.description = {"issuer": "https://evil.example"}

    answer = client.post(LOGIN)

    assert is_refused(client, answer)


def test_an_answer_in_another_browser_is_refused(client: Client, provider: FakeProvider) -> None:
    answer_of_provider = provider.authorize(client.post(LOGIN)["Location"])
    other = Client()

    answer = other.get(f"{CALLBACK}?{urlencode(answer_of_provider)}")

    assert is_refused(other, answer)
    assert provider.tokens_given == 0


def test_an_answer_counts_once(client: Client, provider: FakeProvider) -> None:
    answer_of_provider = provider.authorize(client.post(LOGIN)["Location"])

    first, second = [client.get(f"{CALLBACK}?{urlencode(answer_of_provider)}") for _ in range(2)]

    assert (first.status_code, second.status_code, provider.tokens_given) == (302, 401, 1)


def test_an_answer_nobody_asked_for_signs_nobody_in(client: Client, provider: FakeProvider) -> None:
    answer = client.get(f"{CALLBACK}?code=abc&state=made-up")

    assert is_refused(client, answer)
    assert provider.tokens_given == 0


def test_who_says_no_there_is_told_that_nothing_changed(client: Client, provider: FakeProvider) -> None:
    state = provider.authorize(client.post(LOGIN)["Location"])["state"]

    answer = client.get(f"{CALLBACK}?error=access_denied&state={state}", follow=True)

    assert "You said no there" in answer.content.decode()
    assert not User.objects.exists()


def test_a_link_alone_never_leaves_for_the_provider(client: Client, provider: FakeProvider) -> None:
    page = client.get(LOGIN)
    forged = Client(enforce_csrf_checks=True).post(LOGIN)

    assert page.status_code == 200
    assert 'method="post"' in page.content.decode()
    assert forged.status_code == 403


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_the_way_back_leads_to_no_other_site(
    client: Client, provider: FakeProvider, come_back: ComeBack, target: str
) -> None:
    answer = come_back(client, login=f"{LOGIN}?{urlencode({'next': target})}")

    assert (answer.status_code, answer["Location"]) == (302, "/dashboard/")


def test_the_way_back_leads_to_the_page_that_was_asked_for(
    client: Client, provider: FakeProvider, come_back: ComeBack
) -> None:
    answer = come_back(client, login=f"{LOGIN}?next=/orders/")

    assert (answer.status_code, answer["Location"]) == (302, "/orders/")


@pytest.mark.parametrize(
    ("path", "is_widened"), [("/accounts/login/", True), ("/accounts/signup/", True), ("/", False), ("/cart/", False)]
)
def test_forms_of_account_pages_alone_may_lead_to_the_provider(
    client: Client, provider: FakeProvider, path: str, is_widened: bool
) -> None:
    policy = client.get(path)["Content-Security-Policy"]

    assert (f"form-action 'self' {provider.url};" in policy) is is_widened


def test_a_page_leads_on_where_the_browser_would_refuse_the_redirect(client: Client, provider: FakeProvider) -> None:
    provider.description = {"authorization_endpoint": "https://elsewhere.example/authorize"}

    answer = client.post(LOGIN)

    assert answer.status_code == 200
    assert 'http-equiv="refresh" content="0;url=https://elsewhere.example/authorize?' in answer.content.decode()


def test_a_persons_name_at_another_issuer_is_another_persons(
    client: Client, provider: FakeProvider, come_back: ComeBack
) -> None:
    come_back(client)
    known = User.objects.get()
    client.logout()
    provider.person["email"] = "eve@example.com"
    provider.description = {"issuer": f"{provider.url}/"}
    provider.claims = {"iss": f"{provider.url}/"}

    come_back(client)

    assert client.get("/dashboard/").wsgi_request.user.id != known.id


def test_a_key_for_encryption_signs_nothing(client: Client, provider: FakeProvider, come_back: ComeBack) -> None:
    provider.key_use = "enc"

    answer = come_back(client)

    assert is_refused(client, answer)

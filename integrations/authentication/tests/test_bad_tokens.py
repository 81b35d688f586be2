"""Tokens that must not be believed: each is refused with a code, and none is a fault of ours."""

import base64
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from allauth.idp.oidc.models import Client, Token
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from django.conf import settings
from rest_framework.test import APIClient

from apps.users.models import User
from integrations.authentication.claims import program_claims
from integrations.authentication.keys import new_key
from integrations.authentication.signing import signed
from integrations.authentication.tests.conftest import APP, ME, SignedIn, basic, bearer
from kernel import clock

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], SignedIn]
Change = dict[str, Any]


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims without any check."""
    return jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})


def public_pem() -> bytes:
    key = load_pem_private_key(settings.JWT_PRIVATE_KEY.encode(), password=None).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def assert_refused(api: APIClient, token: str, code: str = "invalid_token") -> None:
    answer = api.get(ME, headers=bearer(token))
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json")
    assert answer.json()["code"] == code
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api", error="invalid_token"'


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "somebody-else"},
        {"aud": ["a", "b"]},
        {"aud": None},
        {"token_use": "refresh"},
        {"token_use": None},
        {"gty": "oauth"},
        {"gty": "exchange"},
        {"gty": "first-party"},
        {"gty": ["first_party"]},
        {"gty": None},
        {"sub": "01990000-0000-7000-8000-000000000000"},
        {"sub": 7},
        {"sub": None},
        {"sid": "AAAA"},
        {"sid": "not base64!"},
        {"sid": ["a"]},
        {"sid": None},
        {"exp": "tomorrow"},
        {"exp": None},
        {"jti": None},
        {"iat": None},
    ],
    ids=str,
)
def test_a_token_with_one_claim_wrong_is_refused_although_our_key_signed_it(
    api: APIClient, sign_in: SignIn, shopper: User, change: Change
) -> None:
    _, claims = parts(sign_in(shopper).access)
    changed = {name: value for name, value in (claims | change).items() if value is not None}

    assert_refused(api, signed(changed))


def test_the_same_token_unchanged_is_believed(api: APIClient, sign_in: SignIn, shopper: User) -> None:
    _, claims = parts(sign_in(shopper).access)

    assert api.get(ME, headers=bearer(signed(claims))).status_code == 200


def test_a_token_that_ran_out_says_so(api: APIClient, sign_in: SignIn, shopper: User) -> None:
    _, claims = parts(sign_in(shopper).access)

    assert_refused(api, signed(claims | {"exp": int(time.time()) - 1}), "token_expired")


def test_another_persons_name_does_not_open_his_account(
    api: APIClient, sign_in: SignIn, shopper: User, staff: User
) -> None:
    _, claims = parts(sign_in(shopper).access)

    assert_refused(api, signed(claims | {"sub": str(staff.id)}))


def test_a_raised_role_raises_nothing(api: APIClient, sign_in: SignIn, shopper: User) -> None:
    _, claims = parts(sign_in(shopper).access)

    answer = api.get("/api/v1/users/", headers=bearer(signed(claims | {"role": "super_user"})))

    assert answer.status_code == 403


@pytest.mark.parametrize("kid", ["../../etc/passwd", "http://127.0.0.1/jwks.json", "", None, 7, ["x"], "' OR 1=1 --"])
def test_a_key_is_taken_from_no_place_that_the_token_names(
    api: APIClient, sign_in: SignIn, shopper: User, kid: Any
) -> None:
    header, claims = parts(sign_in(shopper).access)
    foreign = load_pem_private_key(new_key().encode(), password=None)
    genuine = load_pem_private_key(settings.JWT_PRIVATE_KEY.encode(), password=None)
    headers = {**header, "kid": kid}
    body = f"{encoded(headers)}.{encoded(claims)}"

    for key in (foreign, genuine):
        signature = jwt.get_algorithm_by_name("RS256").sign(body.encode(), key)
        assert_refused(api, f"{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}")


def test_a_key_that_the_token_brings_along_is_not_used(api: APIClient, sign_in: SignIn, shopper: User) -> None:
    header, claims = parts(sign_in(shopper).access)
    foreign = load_pem_private_key(new_key().encode(), password=None)
    jwk = jwt.get_algorithm_by_name("RS256").to_jwk(foreign.public_key(), as_dict=True)

    token = jwt.encode(claims, foreign, algorithm="RS256", headers={**header, "jwk": jwk, "jku": "http://127.0.0.1/"})

    assert_refused(api, token)


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "HS256", "RS512", "ES256"])
def test_only_one_algorithm_is_believed(api: APIClient, sign_in: SignIn, shopper: User, algorithm: str) -> None:
    raw = sign_in(shopper).access
    header, _ = parts(raw)
    _, claims, signature = raw.split(".")

    for end in ("", signature):
        assert_refused(api, f"{encoded({**header, 'alg': algorithm})}.{claims}.{end}")


def test_our_public_key_is_no_shared_secret(api: APIClient, sign_in: SignIn, shopper: User) -> None:
    header, claims = parts(sign_in(shopper).access)
    body = f"{encoded({**header, 'alg': 'HS256'})}.{encoded(claims)}"
    hmac = jwt.get_algorithm_by_name("HS256")
    signature = hmac.sign(body.encode(), public_pem())

    assert_refused(api, f"{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}")


def test_what_is_no_token_is_refused(api: APIClient, sign_in: SignIn, shopper: User) -> None:
    raw = sign_in(shopper).access
    head, claims, signature = raw.split(".")
    deep = base64.urlsafe_b64encode(b"[" * 5900).rstrip(b"=").decode()
    bad = [
        *("", ".", "..", "...", "x", "a.b.c", "null", "é", "\x00", raw + "x", raw[:-1], raw[:100], raw + ".x"),
        *(f"{head}.{claims}.", f"{head}..{signature}", f".{claims}.{signature}", f"{head}.{head}.{signature}"),
        *(f"{claims}.{head}.{signature}", f"{deep}.{claims}.{signature}", f"{encoded([])}.{claims}.{signature}"),
        *(f"{encoded(None)}.{claims}.{signature}", raw.replace(".", " "), f"{raw},{raw}", "A" * 1_000_000),
        *("saluhall_pat_", "saluhall_pat_" + "A" * 43, "saluhall_pat_" + "é" * 43),
    ]

    for token in bad:
        assert_refused(api, token)


def test_tokens_of_one_kind_are_refused_in_the_place_of_another(api: APIClient, sign_in: SignIn, shopper: User) -> None:
    tokens = sign_in(shopper)

    assert_refused(api, tokens.refresh)
    assert_refused(api, tokens.session_token)
    for wrong in (tokens.access, tokens.session_token):
        assert api.post(f"{APP}/tokens/refresh", {"refresh_token": wrong}).status_code == 400
    for wrong in (tokens.access, tokens.refresh):
        assert api.get(ME, headers={"X-Session-Token": wrong}).status_code == 401
        assert api.get(ME, headers=basic(shopper.email, wrong)).status_code == 401


@pytest.mark.parametrize("value", ["", "x", "a.b.c", "A" * 100_000, "é", "[" * 5000])
def test_a_refresh_token_that_is_none_is_refused(api: APIClient, value: str) -> None:
    assert api.post(f"{APP}/tokens/refresh", {"refresh_token": value}).status_code == 400


def test_a_bad_token_is_refused_though_a_good_cookie_comes_along(api: APIClient, shopper: User) -> None:
    api.force_login(shopper)
    assert api.get(ME).status_code == 200

    assert_refused(api, "x")


def test_a_bad_token_closes_public_addresses_too(api: APIClient) -> None:
    answer = api.get("/api/v1/products/", headers=bearer("x"))

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


# --- Tokens of connected programs --------------------------------------------------------------------------------------


def granted(user: User | None, *, scopes: str, change: Change | None = None) -> tuple[str, Token]:
    """Return an access token of a connected program and its row."""
    allowed = "\n".join(scopes.split())
    client, _ = Client.objects.update_or_create(id="beef", defaults={"name": "Parcel printer", "scopes": allowed})
    now = int(time.time())
    claims = program_claims(user) | {
        "iss": settings.PUBLIC_URL,
        "client_id": client.id,
        "scope": scopes,
        "jti": "1",
        "token_use": "access",
        "iat": now,
        "exp": now + 900,
        **({"sub": str(user.id)} if user else {}),
        **(change or {}),
    }
    raw = signed(claims)
    row = Token(type=Token.Type.ACCESS_TOKEN, client=client, user=user, expires_at=clock.now() + timedelta(minutes=15))
    row.set_value(raw)
    row.set_scopes(scopes.split())
    row.save()
    return raw, row


def test_a_program_acts_for_a_person_within_its_scopes(api: APIClient, shopper: User, statements: Any) -> None:
    raw, _ = granted(shopper, scopes="openid account:read")

    with statements() as ran:
        read = api.get(ME, headers=bearer(raw))

    assert (read.status_code, read.json()["email"]) == (200, shopper.email)
    assert len(ran) == 2, ran
    write = api.patch(ME, {"name": "X"}, headers=bearer(raw))
    assert (write.status_code, write.json()["code"], write.json()["scope"]) == (
        403,
        "insufficient_scope",
        "account:write",
    )


def test_a_token_that_names_a_person_but_no_scope_of_ours_opens_nothing(api: APIClient, shopper: User) -> None:
    raw, _ = granted(shopper, scopes="openid profile email")

    assert api.get(ME, headers=bearer(raw)).json()["code"] == "insufficient_scope"


def test_a_star_in_a_programs_scopes_is_no_key_to_everything(api: APIClient, super_user: User) -> None:
    raw, _ = granted(super_user, scopes="*")

    assert api.get("/api/v1/users/", headers=bearer(raw)).json()["code"] == "insufficient_scope"


def test_a_programs_token_is_dead_once_its_row_is_gone(api: APIClient, shopper: User) -> None:
    raw, row = granted(shopper, scopes="account:read")
    assert api.get(ME, headers=bearer(raw)).status_code == 200

    row.delete()

    assert_refused(api, raw)


@pytest.mark.parametrize("change", [{"aud": "beef"}, {"token_use": "id"}, {"gty": "first_party"}, {"sub": "x"}])
def test_an_id_token_and_its_like_are_refused(api: APIClient, shopper: User, change: Change) -> None:
    raw, _ = granted(shopper, scopes="account:read", change=change)

    assert_refused(api, raw)


@pytest.mark.parametrize("gone", ["deleted", "switched off"])
def test_a_programs_token_ends_with_its_person(api: APIClient, shopper: User, gone: str) -> None:
    raw, _ = granted(shopper, scopes="account:read")
    if gone == "deleted":
        shopper.delete()
    else:
        User.objects.get_queryset().update(is_active=False)

    assert_refused(api, raw)


def test_a_machine_does_what_its_scopes_say_and_is_nobody(api: APIClient) -> None:
    raw, _ = granted(None, scopes="catalogue:read")

    assert api.get("/api/v1/stock-movements/", headers=bearer(raw)).status_code == 200
    assert api.get("/api/v1/users/", headers=bearer(raw)).json()["code"] == "insufficient_scope"
    nobody, _ = granted(None, scopes="account:read")
    assert api.get(ME, headers=bearer(nobody)).json()["code"] == "permission_denied"


def test_a_programs_token_does_not_reach_the_account_of_the_sign_in_api(api: APIClient, shopper: User) -> None:
    raw, _ = granted(shopper, scopes="account:read account:write")

    assert api.get(f"{APP}/account/email", headers=bearer(raw)).status_code == 401
    assert api.get(f"{APP}/auth/sessions", headers=bearer(raw)).status_code == 401

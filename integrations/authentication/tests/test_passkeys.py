"""Passkeys: at our own address only, each challenge once, and with the person verified where nothing else is asked."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from rest_framework.test import APIClient

from apps.users.models import AuditEntry, User
from apps.users.tests.test_at_once import at_once
from integrations.authentication.second_factor import is_our_origin
from integrations.authentication.tests.authenticator_app import APP, begin_sign_in, prove_email, set_up_app
from integrations.authentication.tests.passkey import PRESENT, VERIFIED, Passkey
from tests.fixtures import PASSWORD

pytestmark = pytest.mark.django_db
KEYS = f"{APP}/account/authenticators/webauthn"
LOGIN = f"{APP}/auth/webauthn/login"
SECOND = f"{APP}/auth/webauthn/authenticate"


@pytest.fixture
def session(api: APIClient, shopper: User) -> dict[str, str]:
    """Return the header of a session that has just given its password again."""
    prove_email(shopper)
    answer = api.post(f"{APP}/auth/login", {"email": shopper.email, "password": PASSWORD})
    headers = {"X-Session-Token": answer.json()["meta"]["session_token"]}
    assert api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=headers).status_code == 200
    return headers


@pytest.fixture
def passkey(api: APIClient, session: dict[str, str]) -> Passkey:
    """Return a passkey that the shopper has registered."""
    key = Passkey()
    answer = register(api, session, key)
    assert answer.status_code == 200, answer.content
    return key


def register(api: APIClient, session: dict[str, str], key: Passkey) -> Any:
    options = api.get(f"{KEYS}?passwordless", headers=session).json()["data"]["creation_options"]
    return api.post(KEYS, {"name": "Phone", "credential": key.register(options)}, headers=session)


def challenge(api: APIClient, address: str = LOGIN, token: str = "") -> tuple[dict[str, str], dict[str, Any]]:
    """Ask for a challenge; return the header that belongs to it, and the options."""
    answer = api.get(address, headers={"X-Session-Token": token} if token else {}).json()
    token = answer["meta"]["session_token"] if "meta" in answer and "session_token" in answer["meta"] else token
    return {"X-Session-Token": token}, answer["data"]["request_options"]


def give(api: APIClient, headers: dict[str, str], credential: Any, address: str = LOGIN) -> Any:
    return api.post(address, {"credential": credential}, headers=headers)


# --- the address ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "localhost:9"])
def test_the_relying_party_is_the_shops_address_whatever_the_host_header_says(
    api: APIClient, session: dict[str, str], host: str
) -> None:
    made = api.get(KEYS, headers=session | {"Host": host}).json()["data"]["creation_options"]
    asked = api.get(LOGIN, headers={"Host": host}).json()["data"]["request_options"]

    assert made["publicKey"]["rp"] == {"id": "testserver", "name": "Saluhall"}
    assert asked["publicKey"]["rpId"] == "testserver"


@pytest.mark.parametrize(
    "origin",
    [
        "http://testserver:8000",
        "https://testserver",
        "http://evil.testserver",
        "http://testserver.evil.example",
        "http://testserver/",
        "http://TESTSERVER",
        "null",
        "",
        None,
    ],
)
def test_no_other_origin_is_ours(origin: Any) -> None:
    assert is_our_origin("http://testserver")
    assert not is_our_origin(origin)


def test_a_passkey_made_at_another_origin_is_not_registered(api: APIClient, session: dict[str, str]) -> None:
    answer = register(api, session, Passkey(origin="https://testserver.evil.example"))

    assert answer.status_code == 400
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("origin", "https://evil.testserver"), ("origin", "http://testserver:8000"), ("party", "evil.example")],
)
def test_an_answer_from_another_address_signs_nobody_in(
    api: APIClient, passkey: Passkey, field: str, value: str
) -> None:
    setattr(passkey, field, value)
    headers, options = challenge(api)

    assert give(api, headers, passkey.sign(options)).status_code == 400


# --- signing in -------------------------------------------------------------------------------------------------------
def test_a_passkey_alone_signs_in(api: APIClient, passkey: Passkey, shopper: User) -> None:
    headers, options = challenge(api)
    assert options["publicKey"]["userVerification"] == "required"

    answer = give(api, headers, passkey.sign(options))

    assert answer.status_code == 200, answer.content
    bearer = {"Authorization": f"Bearer {answer.json()['meta']['access_token']}"}
    assert api.get("/api/v1/users/me/", headers=bearer).json()["email"] == shopper.email


def test_a_passkey_alone_that_did_not_verify_the_person_signs_nobody_in(api: APIClient, passkey: Passkey) -> None:
    passkey.flags = PRESENT
    headers, options = challenge(api)

    assert give(api, headers, passkey.sign(options)).status_code == 400


@pytest.mark.parametrize("asked", ["second factor", "new passkey", "proof"])
def test_nor_by_a_challenge_that_was_for_something_else(
    api: APIClient, passkey: Passkey, other_shopper: User, asked: str
) -> None:
    set_up_app(other_shopper)  # whoever found the key has an account of his own
    passkey.flags = PRESENT
    if asked == "second factor":
        token = begin_sign_in(api, other_shopper.email, PASSWORD)
        headers, options = challenge(api, SECOND, token)
    else:
        Authenticator.objects.filter(user=other_shopper).delete()
        token = api.post(f"{APP}/auth/login", {"email": other_shopper.email, "password": PASSWORD}).json()["meta"][
            "session_token"
        ]
        headers = {"X-Session-Token": token}
        api.post(f"{APP}/auth/reauthenticate", {"password": PASSWORD}, headers=headers)
        if asked == "proof":
            register(api, headers, Passkey())
            options = api.get(f"{APP}/auth/webauthn/reauthenticate", headers=headers).json()["data"]["request_options"]
        else:
            options = api.get(KEYS, headers=headers).json()["data"]["creation_options"]

    answer = give(api, headers, passkey.sign(options))

    assert answer.status_code in {400, 409}, answer.content


def test_a_passkey_that_nobody_touched_signs_nobody_in(api: APIClient, passkey: Passkey) -> None:
    passkey.flags = VERIFIED
    headers, options = challenge(api)

    assert give(api, headers, passkey.sign(options)).status_code == 400


def test_an_answer_is_good_for_its_own_challenge_once(api: APIClient, passkey: Passkey) -> None:
    headers, options = challenge(api)
    credential = passkey.sign(options)
    assert give(api, headers, credential).status_code == 200
    other, _options = challenge(api)

    assert give(api, headers, credential).status_code in {400, 409, 410}
    assert give(api, other, credential).status_code == 400


def test_another_key_does_not_sign_for_this_one(api: APIClient, passkey: Passkey) -> None:
    forged = Passkey(id=passkey.id, handle=passkey.handle)
    headers, options = challenge(api)

    assert give(api, headers, forged.sign(options)).status_code == 400


def test_a_switched_off_account_is_not_signed_in(api: APIClient, passkey: Passkey, shopper: User) -> None:
    User.objects.filter(id=shopper.id).update(is_active=False)
    headers, options = challenge(api)

    assert give(api, headers, passkey.sign(options)).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_one_answer_given_twice_at_the_same_moment_signs_in_once(api: APIClient, passkey: Passkey) -> None:
    headers, options = challenge(api)
    credential = passkey.sign(options)

    answers = at_once(
        [lambda: APIClient().post(LOGIN, {"credential": credential}, format="json", headers=headers).status_code] * 4
    )

    assert answers.count(200) == 1
    assert set(answers) <= {200, 400, 410}


# --- the second factor ------------------------------------------------------------------------------------------------
def test_after_the_password_the_passkey_is_asked_for(api: APIClient, passkey: Passkey, shopper: User) -> None:
    passkey.flags = PRESENT
    token = begin_sign_in(api, shopper.email, PASSWORD)
    headers, options = challenge(api, SECOND, token)

    answer = give(api, headers, passkey.sign(options), SECOND)

    assert answer.status_code == 200
    assert [record["method"] for record in answer.json()["data"]["methods"]] == ["password", "mfa"]


@pytest.mark.django_db(transaction=True)
def test_one_new_passkey_given_twice_at_the_same_moment_is_added_once(api: APIClient, session: dict[str, str]) -> None:
    options = api.get(f"{KEYS}?passwordless", headers=session).json()["data"]["creation_options"]
    body = {"name": "Phone", "credential": Passkey().register(options)}

    answers = at_once([lambda: APIClient().post(KEYS, body, format="json", headers=session).status_code] * 4)

    assert answers.count(200) == 1
    assert Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).count() == 1


def test_somebody_elses_passkey_is_no_second_factor(
    api: APIClient, passkey: Passkey, other_shopper: User, shopper: User
) -> None:
    prove_email(other_shopper)
    Authenticator.objects.create(
        user=other_shopper, type=Authenticator.Type.TOTP, data={"secret": "unreadable, for it is not asked"}
    )
    token = begin_sign_in(api, other_shopper.email, PASSWORD)
    headers, options = challenge(api, SECOND, token)

    assert give(api, headers, passkey.sign(options), SECOND).status_code == 400


GARBAGE: list[Any] = [
    None,
    "",
    "x",
    1,
    0,
    0.0,
    False,
    True,
    [],
    [0],
    {},
    {"id": "x"},
    {"id": 1, "rawId": [], "type": {}, "response": []},
    {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}},
    {"id": "AA", "rawId": "AA", "type": "public-key", "response": {"userHandle": "\x00", "clientDataJSON": "e30"}},
    {
        "id": "AA",
        "rawId": "AA",
        "type": "public-key",
        "response": {"userHandle": "AA", "clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA"},
    },
    {
        "id": "AA",
        "rawId": "AA",
        "type": "public-key",
        "response": {"clientDataJSON": "W10", "attestationObject": "AA", "authenticatorData": "A" * 200},
    },
]


@pytest.mark.parametrize("credential", GARBAGE)
def test_garbage_is_refused_at_every_door(
    api: APIClient, passkey: Passkey, session: dict[str, str], shopper: User, credential: Any
) -> None:
    headers, _options = challenge(api)
    token = begin_sign_in(api, shopper.email, PASSWORD)
    half, _options = challenge(api, SECOND, token)
    api.get(KEYS, headers=session)

    answers = [
        give(api, headers, credential),
        give(api, half, credential, SECOND),
        api.post(KEYS, {"name": "x", "credential": credential}, headers=session),
        api.post(f"{APP}/auth/webauthn/reauthenticate", {"credential": credential}, headers=session),
    ]

    assert [answer.status_code for answer in answers] == [400] * 4
    assert Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).count() == 1
    cache.clear()


# --- copies -----------------------------------------------------------------------------------------------------------
def sign_in_by(api: APIClient, key: Passkey) -> int:
    headers, options = challenge(api)
    return int(give(api, headers, key.sign(options)).status_code)


def test_a_key_that_counts_its_signatures_has_to_count_on(api: APIClient, session: dict[str, str]) -> None:
    key = Passkey(counter=7)
    assert register(api, session, key).status_code == 200
    answers = []

    for key.counter in (7, 8, 8, 6, 0, 9):
        cache.clear()
        answers.append(sign_in_by(APIClient(), key))

    assert answers == [400, 200, 400, 400, 400, 200]
    refused = AuditEntry.objects.get(action="second_factor_failed")
    assert (refused.count, "counter" in refused.after) == (4, True)


def test_a_key_that_counts_nothing_signs_in_again_and_again(api: APIClient, passkey: Passkey) -> None:
    assert [sign_in_by(APIClient(), passkey) for _ in range(3)] == [200, 200, 200]


def test_a_passkey_keeps_its_count_under_another_name(api: APIClient, session: dict[str, str]) -> None:
    key = Passkey(counter=1)
    register(api, session, key)
    key.counter = 5
    assert sign_in_by(APIClient(), key) == 200
    row = Authenticator.objects.get(type="webauthn")

    api.put(KEYS, {"id": row.pk, "name": "Renamed"}, headers=session)

    row.refresh_from_db()
    assert (row.data["name"], row.data["counter"]) == ("Renamed", 5)

"""Tokens of programs after they were given: refreshed once, revoked by their owner, seen by few, swept when old."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as OAuthClient
from allauth.idp.oidc.models import Token
from django.conf import settings
from django.test import Client as Browser

from apps.users.services import grants
from integrations.authentication.provider import oauth_principal
from integrations.authentication.tests.programs import (
    INTROSPECT,
    REVOKE,
    USERINFO,
    Program,
    answered,
    connect,
    connect_machine,
)
from kernel import clock
from kernel.actors import Role
from tests.fixtures import sign_in_afresh

pytestmark = pytest.mark.django_db
STATEMENTS_OF_A_TOKEN = 2


@pytest.fixture
def program(client: Browser, shopper: Any) -> Program:
    sign_in_afresh(client, shopper)
    return connect(client)


def works(token: str) -> bool:
    """Tell whether the server itself still takes an access token."""
    return Browser().get(USERINFO, headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_refresh_gives_new_tokens_and_spends_the_old_one(program: Program) -> None:
    first = program.tokens(scope="openid orders:read")

    second = program.refresh(first["refresh_token"])

    assert second.status_code == 200
    assert second.json()["refresh_token"] != first["refresh_token"]
    assert second.json()["scope"] == "openid orders:read"
    assert works(second.json()["access_token"])


def test_a_replayed_refresh_token_ends_the_whole_family(program: Program) -> None:
    first = program.tokens()
    second = program.refresh(first["refresh_token"]).json()
    third = program.refresh(second["refresh_token"]).json()

    replayed = program.refresh(first["refresh_token"])

    assert (replayed.status_code, replayed.json()["error"]) == (400, "invalid_grant")
    assert program.refresh(third["refresh_token"]).json()["error"] == "invalid_grant"
    assert not any(works(tokens["access_token"]) for tokens in (first, second, third))


def test_a_replay_leaves_other_permissions_alone(program: Program) -> None:
    stolen, other = program.tokens(), program.tokens()
    program.refresh(stolen["refresh_token"])

    program.refresh(stolen["refresh_token"])

    assert works(other["access_token"])
    assert program.refresh(other["refresh_token"]).status_code == 200


def test_another_program_cannot_refresh_and_ends_nothing_by_trying(program: Program) -> None:
    given = program.tokens()

    stolen = connect(name="Another").refresh(given["refresh_token"])

    assert stolen.json()["error"] == "invalid_grant"
    assert program.refresh(given["refresh_token"]).status_code == 200


def test_a_refresh_asks_for_less_but_never_for_more(program: Program) -> None:
    given = program.tokens(scope="openid profile")

    more = program.refresh(given["refresh_token"], scope="openid orders:read")
    less = program.refresh(given["refresh_token"], scope="openid")

    assert more.json()["error"] == "invalid_scope"
    assert less.json()["scope"] == "openid"


def test_a_refresh_token_ends_after_thirty_days(program: Program) -> None:
    given = program.tokens()
    row = Token.objects.get(type=Token.Type.REFRESH_TOKEN)

    assert timedelta(days=29, hours=23) < row.expires_at - clock.now() <= timedelta(days=30)
    Token.objects.filter(id=row.id).update(expires_at=clock.now() - timedelta(seconds=1))
    assert program.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_program_that_keeps_no_access_gets_no_refresh_token(client: Browser, shopper: Any) -> None:
    sign_in_afresh(client, shopper)

    given = connect(client, keeps_access=False).tokens()

    assert "refresh_token" not in given
    assert not Token.objects.filter(type=Token.Type.REFRESH_TOKEN).exists()


def test_who_is_switched_off_is_refreshed_no_more(program: Program, shopper: Any) -> None:
    given = program.tokens()
    shopper.is_active = False
    shopper.save()

    assert program.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"
    assert not works(given["access_token"])
    assert oauth_principal(given["access_token"]) is None


def test_what_a_program_may_do_no_more_its_old_tokens_may_not_either(program: Program) -> None:
    given = program.tokens(scope="openid orders:read")
    client = OAuthClient.objects.get(id=program.id)
    client.set_scopes(["openid"])
    client.save()

    principal = oauth_principal(given["access_token"])
    later = program.refresh(given["refresh_token"]).json()

    assert principal is not None
    assert principal[1].scopes == {"openid"}
    assert later["scope"] == "openid"


def test_a_program_revokes_its_own_tokens(program: Program) -> None:
    given = program.tokens()

    answer = program.post(REVOKE, token=given["access_token"])

    assert answer.status_code == 200
    assert not works(given["access_token"])
    assert program.refresh(given["refresh_token"]).status_code == 200


@pytest.mark.parametrize("hint", [None, "refresh_token", "access_token", "nonsense"])
def test_revoking_a_refresh_token_ends_its_access_tokens_whatever_the_hint(program: Program, hint: str | None) -> None:
    given = program.tokens()

    program.post(REVOKE, token=given["refresh_token"], token_type_hint=hint)

    assert not works(given["access_token"])
    assert program.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_program_cannot_revoke_what_is_anothers(program: Program) -> None:
    given = program.tokens()

    answers = [connect(name="Another").post(REVOKE, token=given[name]) for name in ("access_token", "refresh_token")]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert works(given["access_token"])
    assert program.refresh(given["refresh_token"]).status_code == 200


@pytest.mark.parametrize("address", [REVOKE, INTROSPECT])
@pytest.mark.parametrize("proof", [{"client_secret": "wrong"}, {"client_secret": None}, {"client_id": None}])
def test_revocation_and_introspection_need_the_secret(
    program: Program, address: str, proof: dict[str, str | None]
) -> None:
    given = program.tokens()

    assert program.post(address, token=given["access_token"], **proof).status_code == 401
    assert works(given["access_token"])


def test_a_program_looks_at_its_own_tokens_and_at_no_others(program: Program, shopper: Any) -> None:
    given = program.tokens(scope="openid orders:read")

    own = program.post(INTROSPECT, token=given["access_token"]).json()
    other = connect(name="Another").post(INTROSPECT, token=given["access_token"]).json()

    assert (own["active"], own["sub"], own["scope"]) == (True, str(shopper.pk), "openid orders:read")
    assert own["iss"] == settings.PUBLIC_URL
    assert other == {"active": False}


def test_a_resource_server_looks_at_every_token(program: Program) -> None:
    server = connect(name="Warehouse", acts_for_people=False, redirect_uris=(), scopes=(), is_resource_server=True)
    token = program.tokens()["access_token"]

    before = server.post(INTROSPECT, token=token).json()["active"]
    program.post(REVOKE, token=token)

    assert before is True
    assert server.post(INTROSPECT, token=token).json() == {"active": False}
    assert server.post(grant_type="client_credentials").json()["error"] == "unauthorized_client"


def test_a_public_program_introspects_nothing(client: Browser, shopper: Any) -> None:
    sign_in_afresh(client, shopper)
    public = connect(client, is_confidential=False)

    assert public.post(INTROSPECT, token=public.tokens()["access_token"]).status_code == 401


def test_silence_is_consent_for_the_same_program_only(program: Program) -> None:
    program.tokens(scope="openid orders:read")
    other = connect(program.browser, name="Another")

    same = answered(program.ask(prompt="none", scope="openid orders:read"))
    more = answered(program.ask(prompt="none", scope="openid email"))
    another = answered(other.ask(prompt="none", scope="openid"))

    assert "code" in same
    assert more["error"] == "consent_required"
    assert another["error"] == "consent_required"


def test_silence_of_a_stranger_is_no_sign_in(program: Program) -> None:
    program.browser.logout()

    assert answered(program.ask(prompt="none"))["error"] == "login_required"


def test_a_person_is_found_in_two_statements_and_a_machine_in_one(program: Program, statements: Any) -> None:
    token = program.tokens(scope="openid orders:read")["access_token"]
    machine = connect_machine().post(grant_type="client_credentials").json()["access_token"]

    with statements() as for_person:
        person = oauth_principal(token)
    with statements() as for_machine:
        found = oauth_principal(machine)

    assert person is not None
    assert (person[0].email, person[1].kind, person[1].client) == ("shopper@example.com", "oauth", "Order watcher")
    assert found is not None
    assert (found[0].role, found[1].scopes) == (Role.MACHINE, {"orders:read"})
    assert (len(for_person), len(for_machine)) == (STATEMENTS_OF_A_TOKEN, 1)


def test_other_tokens_are_no_access_tokens(program: Program) -> None:
    given = program.tokens()

    assert oauth_principal(given["refresh_token"]) is None
    assert oauth_principal(given["id_token"]) is None
    assert oauth_principal("made up") is None


def test_staff_without_a_second_factor_lends_no_power(client: Browser, staff: Any, settings: Any) -> None:
    settings.MFA_REQUIRED_FOR_STAFF = True
    sign_in_afresh(client, staff)

    found = oauth_principal(connect(client).tokens(scope="openid orders:read")["access_token"])

    assert found is not None
    assert found[0].role is Role.REGULAR


def test_a_secret_costs_no_password_hash(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("allauth.idp.oidc.models.check_password", lambda secret, _: asked.append(secret))

    program.tokens()

    assert asked == []
    assert OAuthClient.objects.get(id=program.id).secret.startswith("sha256$")
    assert program.secret not in OAuthClient.objects.get(id=program.id).secret


def test_tokens_that_ran_out_are_swept_and_others_stay(program: Program, stop_clock: Callable[[Any], None]) -> None:
    given = program.tokens()
    program.refresh(given["refresh_token"])
    now = clock.now()

    stop_clock(now + timedelta(hours=1))
    first = grants.forget_expired_tokens()
    stop_clock(now + timedelta(days=31))
    later = grants.forget_expired_tokens()

    assert (first, later) == (2, 3)
    assert not Token.objects.exists()

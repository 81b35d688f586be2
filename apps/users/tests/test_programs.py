"""Programs that admins connect, by pages and API: told once, changed under guard, never stronger than the admin."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from allauth.idp.oidc.models import Client as OAuthClient
from allauth.idp.oidc.models import Token
from django.test import Client as Browser
from rest_framework.test import APIClient

from apps.users import rules
from apps.users.models import AuditEntry
from apps.users.services.clients import (
    ScopeBeyondOwnError,
    Wanted,
    change_program,
    connect_program,
    rotate_secret,
)
from apps.users.services.grants import ENDED
from contracts.rights import Right
from integrations.authentication.tests.authenticator_app import prove_email
from integrations.authentication.tests.programs import BACK, Program, connect, connect_machine
from kernel import clock
from kernel.actors import Actor, Role
from kernel.errors import InvalidInputError
from kernel.events.actions import ActionRecorded
from tests.fixtures import PASSWORD, sign_in_afresh

pytestmark = pytest.mark.django_db
API = "/api/v1/oauth-clients/"
OFFICE = "/office/apps/"
BODY = {"name": "Order watcher", "scopes": ["openid", "orders:read"], "redirect_uris": [BACK]}
CLERK = Actor(role=Role.REGULAR, rights=frozenset({Right.SETTINGS, Right.ORDERS}))
OWNER = Actor(role=Role.SUPER_USER, email="owner@example.com")


@pytest.fixture
def admin_api(api: APIClient, staff: Any) -> APIClient:
    return cast("APIClient", sign_in_afresh(api, staff))


@pytest.fixture
def office(client: Browser, staff: Any) -> Browser:
    """Return the browser of an admin who signed in with a password a moment ago."""
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(user=staff, email=staff.email, primary=True, verified=True)
    client.post("/accounts/login/", {"login": staff.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def test_a_secret_is_shown_once_and_kept_as_a_digest(admin_api: APIClient) -> None:
    made = admin_api.post(API, BODY)
    read = admin_api.get(f"{API}{made.json()['id']}/")

    row = OAuthClient.objects.get(id=made.json()["id"])
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    assert row.secret == rules.secret_digest(made.json()["secret"])
    assert "secret" not in read.json()
    assert read.json()["redirect_uris"] == [BACK]
    assert not row.skip_consent
    assert not row.allow_uri_wildcards


def test_a_public_program_has_no_secret(admin_api: APIClient) -> None:
    made = admin_api.post(API, {**BODY, "is_confidential": False})

    assert made.json()["secret"] == ""
    assert OAuthClient.objects.get().type == OAuthClient.Type.PUBLIC


def test_a_changed_program_has_another_tag_and_an_old_one_is_refused(admin_api: APIClient) -> None:
    address = f"{API}{admin_api.post(API, BODY).json()['id']}/"
    seen = admin_api.get(address).headers["ETag"]

    first = admin_api.patch(address, {"name": "Watcher"}, headers={"If-Match": seen})
    second = admin_api.patch(address, {"name": "Other"}, headers={"If-Match": seen})

    assert (first.status_code, second.status_code) == (200, 412)
    assert first.headers["ETag"] != seen
    assert first.json()["scopes"] == ["openid", "orders:read"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "super@example.com"}, "name"),
        ({"name": "super\uff20example.com"}, "name"),
        ({"name": "System"}, "name"),
        ({"name": "Watcher\u202egpj"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes.0"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"redirect_uris": ["http://app.example.com/"]}, "redirect_uris"),
        ({"redirect_uris": ["https://*.example.com/"]}, "redirect_uris"),
        ({"redirect_uris": ["https://app.example.com/#part"]}, "redirect_uris"),
        ({"redirect_uris": ["https://user@app.example.com/"]}, "redirect_uris"),
        ({"redirect_uris": ["https://app.example.com/a/../b"]}, "redirect_uris"),
        ({"redirect_uris": ["https://app.example.com/%2e%2e/b"]}, "redirect_uris"),
        ({"redirect_uris": ["https://app.example.com;script-src/"]}, "redirect_uris"),
        ({"redirect_uris": ["https://app.example.com:99999/"]}, "redirect_uris"),
        ({"redirect_uris": ["https:///callback"]}, "redirect_uris"),
        ({"redirect_uris": ["https://[::1/"]}, "redirect_uris"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "redirect_uris"),
        ({"redirect_uris": ["data:text/html,x"]}, "redirect_uris"),
        ({"redirect_uris": ["com.example.app:/callback"]}, "redirect_uris"),
        ({"redirect_uris": ["/callback"]}, "redirect_uris"),
        ({"redirect_uris": [f"https://app.example.com/{number}" for number in range(11)]}, "redirect_uris"),
        ({"logout_uris": ["http://evil.example/"]}, "logout_uris"),
        ({"acts_for_people": False}, "acts_for_itself"),
        ({"is_confidential": False, "acts_for_itself": True}, "acts_for_itself"),
        ({"is_confidential": False, "is_resource_server": True}, "is_resource_server"),
        ({"acts_for_people": False, "acts_for_itself": True, "scopes": ["openid"]}, "scopes"),
        ({"skip_consent": True}, "skip_consent"),
    ],
    ids=str,
)
def test_what_cannot_work_or_is_not_safe_is_refused_at_its_field(
    admin_api: APIClient, changes: dict[str, Any], field: str
) -> None:
    refused = admin_api.post(API, BODY | changes)

    assert refused.status_code in {400, 422}
    assert field in refused.json()["errors"]
    assert not OAuthClient.objects.exists()


@pytest.mark.parametrize("address", ["http://127.0.0.1:9000/cb", "http://localhost/cb", "com.example.app:/cb"])
def test_apps_of_ones_own_machine_or_phone_have_addresses_of_their_own(admin_api: APIClient, address: str) -> None:
    made = admin_api.post(API, {**BODY, "is_confidential": False, "redirect_uris": [address]})

    assert made.status_code == 201


def test_nobody_connects_a_machine_that_may_do_more_than_he() -> None:
    machine = Wanted(
        name="Robot", acts_for_people=False, acts_for_itself=True, scopes=("orders:read", "catalogue:write")
    )

    with pytest.raises(ScopeBeyondOwnError) as refused:
        connect_program(wanted=machine, actor=CLERK, now=clock.now())

    assert refused.value.extra == {"scopes": ["catalogue:write"]}
    assert not OAuthClient.objects.exists()


def test_nobody_takes_over_a_machine_that_may_do_more_than_he() -> None:
    machine = connect_machine(scopes=("orders:read", "catalogue:write"))
    narrower = Wanted(name="Mine", acts_for_people=False, acts_for_itself=True, scopes=("orders:read",))

    with pytest.raises(ScopeBeyondOwnError):
        rotate_secret(client_id=machine.id, actor=CLERK, now=clock.now())
    with pytest.raises(ScopeBeyondOwnError):
        change_program(client_id=machine.id, wanted=narrower, actor=CLERK, now=clock.now())


def test_for_people_a_clerk_connects_what_asks_for_more_because_people_lend_only_what_they_have() -> None:
    wanted = Wanted(name="Back office app", scopes=("catalogue:write",), redirect_uris=(BACK,))

    client, _ = connect_program(wanted=wanted, actor=CLERK, now=clock.now())

    assert client.get_grant_types() == ["authorization_code", "refresh_token"]


def test_a_program_never_changes_from_keeping_a_secret_to_keeping_none() -> None:
    program = connect()
    open_one = Wanted(name="Open", is_confidential=False, scopes=("openid",), redirect_uris=(BACK,))

    with pytest.raises(InvalidInputError):
        change_program(client_id=program.id, wanted=open_one, actor=OWNER, now=clock.now())


def test_another_secret_ends_the_old_one_and_what_it_got() -> None:
    machine = connect_machine()
    machine.post(grant_type="client_credentials")

    _, secret = rotate_secret(client_id=machine.id, actor=OWNER, now=clock.now())

    assert not Token.objects.exists()
    assert machine.post(grant_type="client_credentials").status_code == 401
    assert machine.post(grant_type="client_credentials", client_secret=secret).status_code == 200


def test_every_change_is_told_to_the_audit_log_without_the_secret(
    admin_api: APIClient, recorded: Callable[[], list[ActionRecorded]]
) -> None:
    made = admin_api.post(API, BODY).json()
    address = f"{API}{made['id']}/"
    admin_api.patch(address, {"name": "Watcher"})
    rotated = admin_api.post(f"{address}secret/").json()
    admin_api.delete(address)

    told = recorded()
    assert [event.action for event in told] == [
        "program_connected",
        "program_changed",
        "program_secret_rotated",
        "program_disconnected",
    ]
    assert {event.subject_id for event in told} == {made["id"]}
    assert made["secret"] not in str(told)
    assert rotated["secret"] not in str(told)


def test_only_those_who_hold_the_settings_see_programs(
    api: APIClient, shopper: Any, make_user: Callable[..., Any]
) -> None:
    clerk = make_user("clerk@example.com", granted_rights="orders")
    program = connect()

    for person in (None, shopper, clerk):
        api.force_authenticate(person)
        status = 401 if person is None else 403
        assert api.get(API).status_code == status
        assert api.delete(f"{API}{program.id}/").status_code == status
    assert OAuthClient.objects.filter(id=program.id).exists()


def test_an_admin_connects_changes_and_disconnects_a_program_by_pages(office: Browser) -> None:
    typed = {
        "name": "Watcher",
        "is_confidential": "True",
        "acts_for_people": "on",
        "redirect_uris": f"{BACK}\r\n\r\nhttps://app.example.com/other",
        "scopes": ["openid", "orders:read"],
    }

    empty = office.get(OFFICE)
    wrong = office.post(f"{OFFICE}new/", typed | {"redirect_uris": "http://evil.example/"})
    made = office.post(f"{OFFICE}new/", typed)
    client = OAuthClient.objects.get()
    listed = office.get(OFFICE)
    changed = office.post(f"{OFFICE}{client.id}/", typed | {"name": "Viewer"})
    again = office.post(f"{OFFICE}{client.id}/secret/")
    shown = office.get(f"{OFFICE}{client.id}/")
    gone = office.post(f"{OFFICE}{client.id}/delete/")

    assert b"No programs yet" in empty.content
    assert wrong.status_code == 422
    assert b"use https" in wrong.content
    assert b"not shown again" in made.content
    assert client.get_redirect_uris() == [BACK, "https://app.example.com/other"]
    assert b"Watcher" in listed.content
    assert changed.status_code == 302
    assert b"not shown again" in again.content
    assert b"Viewer" in shown.content
    assert b"not shown again" not in shown.content
    assert gone.status_code == 302
    assert not OAuthClient.objects.exists()


def test_a_secret_is_shown_to_nobody_who_did_not_prove_himself_lately(client: Browser, staff: Any) -> None:
    client.force_login(staff)
    program = connect()

    asked = [client.get(f"{OFFICE}new/"), client.post(f"{OFFICE}{program.id}/secret/")]

    assert all(answer.status_code == 302 and "reauthenticate" in answer["Location"] for answer in asked)


def test_another_address_for_codes_waits_until_the_admin_proves_himself_and_is_not_lost_meanwhile(
    client: Browser, staff: Any
) -> None:
    prove_email(staff)
    client.force_login(staff)
    program = connect()
    address = f"{OFFICE}{program.id}/"
    typed = {"name": "Watcher", "acts_for_people": "on", "redirect_uris": f"{BACK}/new", "scopes": ["openid"]}

    read = client.get(address)
    asked = client.post(address, typed)
    before = OAuthClient.objects.get().get_redirect_uris()
    saved = client.post(asked["Location"], {"password": PASSWORD})

    assert read.status_code == 200
    assert "reauthenticate" in asked["Location"]
    assert f"{BACK}/new" not in before
    assert (saved.status_code, saved["Location"]) == (302, address)
    assert OAuthClient.objects.get().get_redirect_uris() == [f"{BACK}/new"]
    assert b"The program is saved." in client.get(address).content


def test_the_api_changes_no_program_for_whom_did_not_prove_himself_lately(client: Browser, staff: Any) -> None:
    client.force_login(staff)
    program = connect()

    answer = client.patch(f"{API}{program.id}/", {"name": "Other"}, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (403, "reauthentication_required")


def test_a_person_sees_what_was_allowed_and_takes_it_back(client: Browser, shopper: Any) -> None:
    sign_in_afresh(client, shopper)
    program = connect(client)
    given = program.tokens(scope="openid orders:read")

    before = client.get("/accounts/apps/").content
    client.post(f"/accounts/apps/{program.id}/withdraw/")
    after = client.get("/accounts/apps/").content

    assert b"Order watcher" in before
    assert b"See carts and orders" in before
    assert b"See your email address" not in before
    assert b"Order watcher" not in after
    assert program.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"
    assert not Token.objects.exclude(type=ENDED).exists()
    about = AuditEntry.objects.filter(subject_kind="program", actor_id=shopper.id).order_by("id")
    assert [(entry.action, entry.subject_id) for entry in about] == [
        ("app_allowed", program.id),
        ("app_withdrawn", program.id),
    ]


def test_nobody_withdraws_what_is_anothers(client: Browser, shopper: Any, other_shopper: Any) -> None:
    client.force_login(shopper)
    program: Program = connect(client)
    given = program.tokens()

    client.force_login(other_shopper)
    client.post(f"/accounts/apps/{program.id}/withdraw/")

    assert program.refresh(given["refresh_token"]).status_code == 200


def test_an_id_in_another_spelling_is_no_program(admin_api: APIClient, office: Browser) -> None:
    program = connect()
    other = program.id.upper()

    answers = [
        admin_api.get(f"{API}{other}/"),
        admin_api.patch(f"{API}{other}/", {"name": "Watcher"}),
        admin_api.delete(f"{API}{other}/"),
        office.get(f"{OFFICE}{other}/"),
        office.post(f"{OFFICE}{other}/delete/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert OAuthClient.objects.filter(id=program.id).exists()


def test_an_id_in_another_spelling_takes_nothing_back(shopper: Any, client: Browser) -> None:
    sign_in_afresh(client, shopper)
    program = connect(client)
    program.tokens(scope="openid orders:read")

    client.post(f"/accounts/apps/{program.id.upper()}/withdraw/")

    assert Token.objects.filter(type=Token.Type.REFRESH_TOKEN).exists()
    assert not AuditEntry.objects.filter(action="app_withdrawn").exists()

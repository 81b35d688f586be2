"""Personal access tokens in the API: made by a person in person, shown once, revoked at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.users import rules
from apps.users.models import AccessToken, AuditEntry, User
from apps.users.services.tokens import EXPIRED_DAYS, forget_expired_tokens, revoke_tokens_of
from apps.users.tests.factories import AccessTokenFactory
from contracts.users import AccountMailRequested
from kernel.actors import Actor, Role
from kernel.errors import ForbiddenError
from kernel.events.actions import ActionRecorded
from kernel.events.base import Event
from tests.fixtures import NOON, sign_in_afresh

pytestmark = pytest.mark.django_db
TOKENS = "/api/v1/tokens/"
BODY = {"name": "Stock script", "scopes": ["orders:read", "account:read"]}


def test_a_token_is_shown_once_and_only_its_digest_is_kept(api: APIClient, shopper: User, noon: datetime) -> None:
    sign_in_afresh(api, shopper)

    made = api.post(TOKENS, BODY)

    text = made.json()["token"]
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    assert made.json()["scopes"] == ["account:read", "orders:read"]
    assert made.json()["expires_at"] == "2026-08-30T12:00:00Z"
    assert text.startswith("saluhall_pat_" + made.json()["hint"])
    again = api.get(f"{TOKENS}{made.json()['id']}/")
    assert "token" not in again.json()
    assert text not in str(AccessToken.objects.values_list())


def test_no_two_tokens_are_alike(api: APIClient, shopper: User) -> None:
    sign_in_afresh(api, shopper)

    texts = {api.post(TOKENS, BODY).json()["token"] for _ in range(10)}

    assert len(texts) == 10
    assert all(rules.is_token(text) for text in texts)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "x" * 81),
        ("name", None),
        ("scopes", []),
        ("scopes", "orders:read"),
        ("scopes", ["orders:all"]),
        ("scopes", ["*"]),
        ("scopes", ["orders:read orders:write"]),
        ("scopes", ["orders:read"] * 14),
        ("expires_in_days", 0),
        ("expires_in_days", 367),
        ("expires_in_days", -1),
        ("expires_in_days", 1.5),
        ("expires_in_days", True),
        ("expires_at", "2999-01-01T00:00:00Z"),
        ("digest", "a" * 64),
        ("user", "me"),
    ],
)
def test_a_bad_wish_is_refused_at_its_field(api: APIClient, shopper: User, field: str, value: Any) -> None:
    sign_in_afresh(api, shopper)

    answer = api.post(TOKENS, BODY | {field: value})

    named = {name.partition(".")[0] for name in answer.json()["errors"]}
    assert (answer.status_code, named) == (400, {field})
    assert not AccessToken.objects.exists()


def test_nobody_gives_what_he_may_not_do_himself(api: APIClient, shopper: User, staff: User, settings: Any) -> None:
    wanted = BODY | {"scopes": ["orders:read", "customers:write"]}
    sign_in_afresh(api, shopper)
    refused = api.post(TOKENS, wanted)
    sign_in_afresh(api, staff)
    settings.MFA_REQUIRED_FOR_STAFF = True
    waiting = api.post(TOKENS, wanted)
    settings.MFA_REQUIRED_FOR_STAFF = False

    assert refused.json()["errors"] == {"scopes": ["You cannot give what you may not do yourself: customers:write."]}
    assert waiting.status_code == 400
    assert api.post(TOKENS, wanted).status_code == 201


def test_who_holds_a_right_by_a_group_gives_its_scopes(api: APIClient, shopper: User) -> None:
    shopper.granted_rights = "orders refunds"
    shopper.save(update_fields=["granted_rights"])
    sign_in_afresh(api, shopper)

    assert api.post(TOKENS, BODY | {"scopes": ["refunds:write"]}).status_code == 201
    assert api.post(TOKENS, BODY | {"scopes": ["settings:read"]}).status_code == 400


def test_there_is_an_end_to_keeping_tokens(api: APIClient, shopper: User, other_shopper: User) -> None:
    AccessTokenFactory.create_batch(rules.MOST_TOKENS, user=shopper)
    sign_in_afresh(api, shopper)

    refused = api.post(TOKENS, BODY)
    sign_in_afresh(api, other_shopper)

    assert (refused.status_code, refused.json()["code"], refused.json()["limit"]) == (409, "too_many_tokens", 50)
    assert api.post(TOKENS, BODY).status_code == 201


def test_a_token_of_another_does_not_exist_not_even_for_staff(api: APIClient, shopper: User, super_user: User) -> None:
    theirs = AccessTokenFactory.create(user=shopper)
    sign_in_afresh(api, super_user)

    assert api.get(TOKENS).json()["results"] == []
    assert api.get(f"{TOKENS}{theirs.id}/").status_code == 404
    assert api.delete(f"{TOKENS}{theirs.id}/").status_code == 404
    assert AccessToken.objects.exists()


def test_a_stranger_is_asked_who_he_is(api: APIClient, db: None) -> None:
    assert api.get(TOKENS).status_code == 401
    assert api.post(TOKENS, BODY).status_code == 401


def test_the_list_is_read_page_by_page_without_a_gap(api: APIClient, shopper: User, noon: datetime) -> None:
    AccessTokenFactory.create_batch(7, user=shopper)
    sign_in_afresh(api, shopper)

    seen, address = [], f"{TOKENS}?page_size=3"
    while address:
        page = api.get(address).json()
        seen += [row["id"] for row in page["results"]]
        address = page["next"]

    assert len(seen) == len(set(seen)) == 7


def test_making_and_revoking_is_on_record_and_the_owner_is_told(
    api: APIClient, shopper: User, published: Callable[[], list[Event]]
) -> None:
    sign_in_afresh(api, shopper)

    made = api.post(TOKENS, BODY).json()
    api.delete(f"{TOKENS}{made['id']}/")

    entries = AuditEntry.objects.order_by("id").values_list("action", "actor_label", "subject_kind", "subject_id")
    told = [event for event in published() if isinstance(event, AccountMailRequested)]
    assert list(entries) == [
        ("token_created", shopper.email, "token", made["id"]),
        ("token_revoked", shopper.email, "token", made["id"]),
    ]
    assert [(mail.to, mail.subject_line) for mail in told] == [(shopper.email, "A new access token")]
    assert made["token"] not in told[0].text + str(AuditEntry.objects.values_list())


def test_staff_takes_the_tokens_of_a_customer_and_not_those_of_its_betters(
    shopper: User, staff: User, super_user: User, recorded: Callable[[], list[ActionRecorded]]
) -> None:
    AccessTokenFactory.create_batch(2, user=shopper)
    AccessTokenFactory.create(user=super_user)
    admin = Actor(id=staff.id, role=Role.ADMIN, email=staff.email)
    customer = Actor(id=shopper.id, role=Role.REGULAR, email=shopper.email)

    assert revoke_tokens_of(user_id=shopper.id, actor=admin, now=NOON) == 2
    for actor, target in ((admin, super_user), (customer, super_user), (customer, staff)):
        with pytest.raises(ForbiddenError):
            revoke_tokens_of(user_id=target.id, actor=actor, now=NOON)

    assert AccessToken.objects.get().user == super_user
    assert [(event.action, event.actor_label, event.subject_id) for event in recorded()] == [
        ("tokens_revoked", staff.email, str(shopper.id))
    ]


def test_what_ran_out_is_shown_for_a_while_and_then_forgotten(shopper: User, noon: datetime) -> None:
    moment = timedelta(microseconds=1)
    end = noon - timedelta(days=EXPIRED_DAYS)
    kept = AccessTokenFactory.create(user=shopper, expires_at=end)
    AccessTokenFactory.create(user=shopper, expires_at=end - moment)

    forget_expired_tokens()

    assert AccessToken.objects.get() == kept

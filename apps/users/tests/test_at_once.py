"""Several change one account, address or token at the same moment, and nobody overwrites what he did not see."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from rest_framework.test import APIClient

from apps.users.models import AccessToken, Address, AuditEntry, User
from apps.users.rules import MOST_TOKENS
from apps.users.tests.factories import AccessTokenFactory, AddressFactory
from tests.fixtures import sign_in_afresh

pytestmark = pytest.mark.django_db(transaction=True)
EDITORS = 5
ROUNDS = 6


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    barrier = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def editors_of(user: User) -> list[APIClient]:
    clients = [APIClient() for _ in range(EDITORS)]
    for client in clients:
        client.force_authenticate(user)
    return clients


def statuses(editors: list[APIClient], path: str, bodies: list[dict[str, Any]]) -> list[int]:
    etag = editors[0].get(path).headers["ETag"]
    works = [
        lambda editor=editor, body=body: editor.patch(path, body, format="json", headers={"If-Match": etag})
        for editor, body in zip(editors, bodies, strict=True)
    ]
    return sorted(answer.status_code for answer in at_once(works))


def test_of_changes_to_one_version_of_an_account_one_wins(staff: User, shopper: User) -> None:
    editors, bodies = editors_of(staff), [{"name": f"Name {number}"} for number in range(EDITORS)]

    for _ in range(ROUNDS):
        assert statuses(editors, f"/api/v1/users/{shopper.id}/", bodies) == [200, 412, 412, 412, 412]

    assert User.objects.get(id=shopper.id).version == shopper.version + ROUNDS


def test_of_changes_to_one_version_of_an_address_one_wins(shopper: User) -> None:
    address = AddressFactory(user=shopper)
    editors, bodies = editors_of(shopper), [{"city": f"Town {number}"} for number in range(EDITORS)]

    for _ in range(ROUNDS):
        assert statuses(editors, f"/api/v1/addresses/{address.id}/", bodies) == [200, 412, 412, 412, 412]

    assert Address.objects.get(id=address.id).version == address.version + ROUNDS


def test_an_address_that_is_the_default_no_more_has_another_tag(shopper: User) -> None:
    first, second = AddressFactory(user=shopper), AddressFactory(user=shopper)
    client = editors_of(shopper)[0]
    client.patch(f"/api/v1/addresses/{first.id}/", {"is_default": True}, format="json")
    before = client.get(f"/api/v1/addresses/{first.id}/").headers["ETag"]

    client.patch(f"/api/v1/addresses/{second.id}/", {"is_default": True}, format="json")

    assert client.get(f"/api/v1/addresses/{first.id}/", headers={"If-None-Match": before}).status_code == 200


def test_of_many_who_ask_for_the_last_token_one_gets_it(shopper: User) -> None:
    AccessTokenFactory.create_batch(MOST_TOKENS - 1, user=shopper)
    body = {"name": "Script", "scopes": ["orders:read"]}

    editors = [sign_in_afresh(APIClient(), shopper) for _ in range(EDITORS)]

    answers = at_once([lambda one=one: one.post("/api/v1/tokens/", body) for one in editors])

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert AccessToken.objects.filter(user=shopper).count() == MOST_TOKENS


def test_of_many_who_revoke_one_token_one_finds_it(shopper: User) -> None:
    path = f"/api/v1/tokens/{AccessTokenFactory.create(user=shopper).id}/"

    answers = at_once([lambda one=one: one.delete(path) for one in editors_of(shopper)])

    assert sorted(answer.status_code for answer in answers) == [204, 404, 404, 404, 404]
    assert AuditEntry.objects.filter(action="token_revoked").count() == 1


def test_of_super_users_who_take_each_others_role_at_the_same_moment_one_stays(make_user: Callable[..., User]) -> None:
    for number in range(ROUNDS):
        User.objects.update(is_superuser=False)
        pair = [make_user(f"{one}{number}@example.com", is_staff=True, is_superuser=True) for one in "ab"]
        editors = [sign_in_afresh(APIClient(), user) for user in pair]

        answers = at_once(
            [
                lambda editor=editor, other=other: editor.patch(f"/api/v1/users/{other.id}/", {"role": "regular"})
                for editor, other in zip(editors, reversed(pair), strict=True)
            ]
        )

        assert sorted(answer.status_code for answer in answers) in ([200, 401], [200, 403])
        assert User.objects.filter(is_superuser=True).count() == 1

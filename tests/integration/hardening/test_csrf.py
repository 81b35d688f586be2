"""Wherever a cookie counts, a write needs the token of a page of ours."""

import pytest
from django.conf import LazySettings
from django.test import Client

from tests.integration.hardening.addresses import addresses

pytestmark = pytest.mark.django_db
WRITES = ("POST", "PUT", "PATCH", "DELETE")
WITHOUT_COOKIES = {
    "/identity/o/api/introspect",
    "/identity/o/api/revoke",
    "/identity/o/api/token",
    "/identity/o/api/userinfo",
    "/api/v1/auth/exchange/",
}
"""Programs come here with a secret of their own; a cookie opens nothing, as the second test shows."""
PROGRAMS = "/_allauth/app/"
"""The sign-in API of programs reads X-Session-Token, and no cookie."""
CHECKED_INSIDE = {"/identity/o/authorize", "/identity/o/logout"}
"""OpenID Connect lets programs post their question; the person's answer to it needs the token, as show
``test_a_forged_answer_to_the_question_gives_no_code`` and
``test_a_forged_sign_out_signs_nobody_out_and_takes_nothing_from_programs`` in integrations/authentication/tests.
"""


def status_of(client: Client, method: str, path: str) -> int:
    """Return what a write with an empty body is answered, in the form that the address reads."""
    json: int = client.generic(method, path, "{}", content_type="application/json").status_code
    form: int = client.generic(method, path, "", content_type="multipart/form-data; boundary=x").status_code
    return form if json == 415 else json


def test_every_write_with_a_cookie_and_without_a_token_is_refused(super_user: object) -> None:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(super_user)  # type: ignore[arg-type] # the fixture gives what the setting names
    session = client.session.session_key

    let_through = {}
    for path in addresses():
        for method in WRITES:
            status = status_of(client, method, path)
            if status not in {403, 405}:
                let_through[path] = status

    exempt = WITHOUT_COOKIES | CHECKED_INSIDE | {path for path in let_through if path.startswith(PROGRAMS)}
    assert {path: status for path, status in let_through.items() if path not in exempt} == {}
    assert client.session.session_key == session
    assert client.get("/dashboard/").status_code == 200
    assert len(addresses()) > 150


def test_where_no_token_is_asked_for_a_cookie_opens_nothing(super_user: object, settings: LazySettings) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = False
    signed_in = Client(enforce_csrf_checks=True, raise_request_exception=False)
    signed_in.force_login(super_user)  # type: ignore[arg-type] # as above
    programs = [path for path in addresses() if path.startswith(PROGRAMS) or path in WITHOUT_COOKIES]

    answers = {
        (path, method): [
            status_of(client, method, path)
            for client in (signed_in, Client(enforce_csrf_checks=True, raise_request_exception=False))
        ]
        for path in programs
        for method in WRITES
    }

    assert {asked: pair for asked, pair in answers.items() if pair[0] != pair[1]} == {}
    assert len(programs) > 20


@pytest.mark.parametrize("path", ["/accounts/login/", "/cart/lines/", "/accounts/logout/", "/checkout/"])
def test_a_token_of_another_browser_is_refused(path: str) -> None:
    other = Client(enforce_csrf_checks=True)
    other.get("/accounts/login/")
    client = Client(enforce_csrf_checks=True)
    client.get("/accounts/login/")

    answer = client.post(path, {"csrfmiddlewaretoken": other.cookies["csrftoken"].value})

    assert answer.status_code == 403


def test_a_form_of_another_site_is_refused_even_with_the_token() -> None:
    client = Client(enforce_csrf_checks=True)
    client.get("/accounts/login/")
    form = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value, "login": "a@example.com", "password": "x"}

    foreign = client.post("/accounts/login/", form, headers={"Origin": "https://evil.example"})
    own = client.post("/accounts/login/", form, headers={"Origin": "http://testserver"})

    assert (foreign.status_code, own.status_code) == (403, 200)

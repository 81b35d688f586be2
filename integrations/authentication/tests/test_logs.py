"""What the log holds of programs that come in for people, at the level that says most."""

import io
import logging
import sys
from collections.abc import Iterator

import pytest
from django.test import Client

from apps.users.models import User
from integrations.authentication.tests.programs import connect, connect_machine
from kernel.logs import logging_settings
from tests.fixtures import sign_in_afresh

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Return what is logged at DEBUG."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logging_settings(level="DEBUG", as_json=True)
    yield written
    logging_settings(level="ERROR", as_json=True)
    root.handlers[:] = handlers
    root.setLevel(level)


def test_no_code_no_token_and_no_secret_of_a_program_is_in_the_log(
    client: Client, shopper: User, everything: io.StringIO
) -> None:
    sign_in_afresh(client, shopper)
    program = connect(client)
    code = program.code()
    first = program.exchange(code).json()
    second = program.refresh(first["refresh_token"]).json()
    mistyped = "a-refresh-token-that-is-mistyped"
    program.refresh(mistyped)
    machine = connect_machine().post(grant_type="client_credentials").json()
    logging.getLogger("kernel.anything").debug("of the shop's own")

    log = everything.getvalue()

    secrets = [code, program.secret, mistyped, *(one[name] for one in (first, second, machine) for name in one)]
    tokens = [one for one in secrets if isinstance(one, str) and len(one) > len("openid email profile")]
    assert len(tokens) >= 10
    assert [one for one in tokens if one in log] == []
    assert "of the shop's own" in log

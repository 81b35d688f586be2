"""What EMAIL_URL means."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from integrations.email.address import mail_settings

SMTP = "integrations.email.smtp.TimelyBackend"


@pytest.mark.parametrize(
    ("address", "host", "port", "uses_ssl", "uses_tls"),
    [
        ("smtp://mail", "mail", 25, False, False),
        ("smtp://mail:2525", "mail", 2525, False, False),
        ("smtp://u:p@mail:587?starttls=true", "mail", 587, False, True),
        ("smtps://u:p@mail", "mail", 465, True, False),
        ("smtp://u:p@127.0.0.1", "127.0.0.1", 25, False, False),
    ],
)
def test_an_smtp_server_is_named(address: str, host: str, port: int, *, uses_ssl: bool, uses_tls: bool) -> None:
    found = mail_settings(address)

    assert found["EMAIL_BACKEND"] == SMTP
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == (host, port)
    assert (found["EMAIL_USE_SSL"], found["EMAIL_USE_TLS"]) == (uses_ssl, uses_tls)


def test_credentials_are_decoded() -> None:
    found = mail_settings("smtps://me%40example.com:p%2Fw@mail")

    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("me@example.com", "p/w")


@pytest.mark.parametrize(
    ("address", "backend"),
    [("console://", "console"), ("memory://", "locmem"), ("file:///var/mail%20out", "filebased")],
)
def test_mail_stays_here_while_developing(address: str, backend: str) -> None:
    found = mail_settings(address)

    assert found["EMAIL_BACKEND"] == f"django.core.mail.backends.{backend}.EmailBackend"
    assert found.get("EMAIL_FILE_PATH") == ("/var/mail out" if backend == "filebased" else None)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("smtp://u:p@mail.example.com", "in the clear"),
        ("smtps://", "needs a host"),
        ("smtp://mail?tls=yes", "does not know tls"),
        ("smtp://mail:x", "port"),
        ("smtp://mail:99999", "port"),
    ],
)
def test_an_address_that_cannot_be_right_stops_the_start(address: str, words: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=words):
        mail_settings(address)

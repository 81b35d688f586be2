"""A mail server that never falls silent and never comes to an end holds nobody for long."""

import smtplib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.mail import EmailMessage

from integrations.email import smtp

Talk = Callable[[socket.socket], None]


def drip(client: socket.socket) -> None:
    """Answer a letter at a time, for ever."""
    while True:
        client.sendall(b"2")
        time.sleep(0.05)


def take_all_but_the_end(client: socket.socket) -> None:
    """Be polite until the mail is there, then drip."""
    client.sendall(b"220 here\r\n")
    lines = client.makefile("rb")
    for line in lines:
        if line.upper() == b"DATA\r\n":
            client.sendall(b"354 go on\r\n")
            break
        client.sendall(b"250 well\r\n")
    while next(lines) != b".\r\n":
        pass
    drip(client)


@contextmanager
def server(talk: Talk) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            client, _ = door.accept()
            with client:
                try:
                    talk(client)
                except OSError:
                    return  # it hung up, as it should

        threading.Thread(target=serve, daemon=True).start()
        yield door.getsockname()[1]


@pytest.mark.parametrize("talk", [drip, take_all_but_the_end])
def test_a_server_that_says_a_letter_now_and_then_is_hung_up_on(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "STEP_SECONDS", 0.5)
    outcome: list[Any] = []

    def send(port: int) -> None:
        backend = smtp.TimelyBackend(host="127.0.0.1", port=port, timeout=5)
        try:
            outcome.append(EmailMessage("s", "t", "a@example.com", ["b@example.com"], connection=backend).send())
        except OSError as error:
            outcome.append(error)

    with server(talk) as port:
        sender = threading.Thread(target=send, args=(port,), daemon=True)
        sender.start()
        sender.join(10)

    assert [isinstance(one, smtplib.SMTPException) for one in outcome] == [True]

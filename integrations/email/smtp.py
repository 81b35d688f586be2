"""Django's way to a mail server, but with an end: a server that says a letter now and then would hold a worker for ever."""

import smtplib
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

STEP_SECONDS = 25.0
"""How long connecting, sending one mail and leaving may take, each: connecting and sending stay below a mail's lease."""


class TimelyBackend(EmailBackend):
    """``EMAIL_TIMEOUT`` bounds one silence of the server, this bounds all of them together."""

    _socket: socket.socket | None = None
    _partial_connection: smtplib.SMTP | None

    @property
    def connection_class(self) -> Any:
        """Return Django's choice, which also tells its socket: the server's first words are read as it is made."""
        chosen: Any = smtplib.SMTP_SSL if self.use_ssl else smtplib.SMTP

        def watched(smtp: Any, *where: Any) -> socket.socket:
            self._socket = found = chosen._get_socket(smtp, *where)  # noqa: SLF001 - the one place where it is made
            return cast("socket.socket", found)

        return type("Watched", (chosen,), {"_get_socket": watched})

    def open(self) -> bool | None:
        """Connect in time."""
        with self._in_time():
            return super().open()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send in time."""
        with self._in_time():
            return super().send_messages(email_messages)

    def close(self) -> None:
        """Take leave in time."""
        with self._in_time():
            super().close()

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        timer = threading.Timer(STEP_SECONDS, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        """Hang up; whoever reads hears that the server left."""
        known: list[smtplib.SMTP | None] = [self.connection, self._partial_connection]
        for sock in (self._socket, *(one.sock for one in known if one is not None)):
            if sock is None:
                continue
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # closed, or became the one that is encrypted

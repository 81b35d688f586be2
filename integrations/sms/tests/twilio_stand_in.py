"""A server that takes text messages as Twilio does, and remembers them."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

ACCOUNT, TOKEN, SENDER = "AC0123456789", "the-token", "+15005550006"


@dataclass
class StandIn:
    """Answers ``status``; ``sent`` holds what it was asked to send."""

    url: str = ""
    status: int = 201
    sent: list[dict[str, str]] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "TWILIO_BASE_URL": self.url,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM": SENDER,
            "TWILIO_TIMEOUT": 2,
        }

    def last_code(self) -> str:
        """Return the code of the newest message."""
        return self.sent[-1]["Body"][:6]


@contextmanager
def twilio() -> Iterator[StandIn]:
    """Run the stand-in on a port of its own."""
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            scheme, _, credentials = self.headers["Authorization"].partition(" ")
            form = {name: values[0] for name, values in parse_qs(body).items()}
            stand_in.sent.append(
                form | {"_path": self.path, "_auth": f"{scheme} {base64.b64decode(credentials).decode()}"}
            )
            answer = {"sid": "SM1"} if stand_in.status == 201 else {"code": 21211, "message": "Invalid 'To'"}
            payload = json.dumps(answer).encode()
            self.send_response(stand_in.status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()

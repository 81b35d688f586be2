"""A server that keeps sessions, payments and refunds as Stripe does: it honours keys, has faults, and signs messages."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from integrations.payments.stripe_settings import StripeAccount

SECRET, OLD_SECRET = "whsec_present", "whsec_former"
PAGE = '<form method="post"><button name="decision" value="pay">Pay</button><button name="decision" value="stop">Stop</button></form>'
Answer = tuple[int, dict[str, Any]]


@dataclass
class StandIn:
    """``faults`` holds what happens to the next requests of a path: a status, ``drop`` (after the work) or ``slow``."""

    url: str = ""
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: dict[str, list[Any]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    refuses_refunds: bool = False
    refund_status: str = "succeeded"
    lock: Lock = field(default_factory=Lock)
    keys: dict[str, tuple[str, Answer]] = field(default_factory=dict)

    @property
    def account(self) -> StripeAccount:
        """What the shop's settings say of it."""
        return StripeAccount(
            secret_key="sk_test_1",
            webhook_secrets=(SECRET, OLD_SECRET),
            api_base=self.url,
            timeout=1,
            page_origins=(self.url,),
        )

    def last_session(self) -> dict[str, Any]:
        """Return the newest session."""
        return list(self.sessions.values())[-1]

    def pay(self, *, counts: int | None = None, currency: str = "", status: str = "succeeded") -> str:
        """Let the customer pay the newest session, or its bank begin to, and return the session's id."""
        session = self.last_session()
        intent = {
            "id": f"pi_{len(self.intents) + 1}",
            "object": "payment_intent",
            "status": "requires_capture" if session["_capture"] == "manual" else status,
            "amount": session["amount_total"],
            "currency": currency or session["currency"],
            "metadata": session["metadata"],
        }
        self.intents[intent["id"]] = intent
        session |= {"status": "complete", "payment_intent": intent["id"]}
        self._receive(intent, counts=counts)
        return str(session["id"])

    def arrive(self) -> None:
        """Let the money of the newest payment arrive that its bank was slow with."""
        intent = list(self.intents.values())[-1]
        intent["status"] = "succeeded"
        self._receive(intent)

    def _receive(self, intent: dict[str, Any], *, counts: int | None = None) -> None:
        is_paid = intent["status"] == "succeeded"
        intent["amount_received"] = (intent["amount"] if counts is None else counts) if is_paid else 0
        for session in self.sessions.values():
            if session["payment_intent"] == intent["id"]:
                session["payment_status"] = "paid" if is_paid else "unpaid"

    def message(self, kind: str, about: dict[str, Any], *, event_id: str = "evt_1", **signing: Any) -> dict[str, Any]:
        """Return the arguments with which a test client posts a signed message."""
        body = json.dumps({"id": event_id, "object": "event", "type": kind, "data": {"object": about}})
        return {
            "data": body,
            "content_type": "application/json",
            "headers": {"Stripe-Signature": sign(body, **signing)},
        }

    def answer(self, method: str, path: str, form: dict[str, Any], key: str) -> Answer:
        """Do what was asked; under a key that was seen, answer as then."""
        with self.lock:
            self.asked.append((method, path, form))
            digest = json.dumps([path, form], sort_keys=True)
            if key in self.keys:
                known, answer = self.keys[key]
                return answer if known == digest else _refusal("idempotency_error", "Keys for idempotent requests ...")
            answer = self._do(method, path.removeprefix("/v1/"), form)
            if key:
                self.keys[key] = (digest, answer)
            return answer

    def _do(self, method: str, path: str, form: dict[str, Any]) -> Answer:
        parts = path.split("/")
        if path == "checkout/sessions":
            return self._new_session(form)
        if parts[:2] == ["checkout", "sessions"] and parts[2] in self.sessions:
            return self._session(self.sessions[parts[2]], expire=parts[3:] == ["expire"], form=form)
        if parts[0] == "payment_intents" and parts[1] in self.intents:
            return self._intent(self.intents[parts[1]], parts[2])
        if path == "refunds":
            return self._new_refund(form) if method == "POST" else self._list(form)
        if parts[0] == "refunds" and parts[1] in self.refunds:
            return 200, self.refunds[parts[1]]
        return 404, {"error": {"type": "invalid_request_error", "message": "No such object"}}

    def _new_session(self, form: dict[str, Any]) -> Answer:
        price = form["line_items"]["0"]["price_data"]
        session_id = f"cs_{len(self.sessions) + 1}"
        self.sessions[session_id] = {
            "id": session_id,
            "object": "checkout.session",
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "amount_total": int(price["unit_amount"]),
            "currency": price["currency"],
            "metadata": form["metadata"],
            "client_reference_id": form["client_reference_id"],
            "url": f"{self.url}/page/{session_id}",
            "success_url": form["success_url"],
            "cancel_url": form["cancel_url"],
            "expires_at": int(form["expires_at"]),
            "_capture": form["payment_intent_data"].get("capture_method", "automatic"),
        }
        return 200, dict(self.sessions[session_id])

    def _session(self, session: dict[str, Any], *, expire: bool, form: dict[str, Any]) -> Answer:
        if expire and session["status"] != "open":
            return _refusal("invalid_request_error", "Only open sessions can be expired.")
        if expire:
            session["status"] = "expired"
        shown = dict(session)
        if form.get("expand") and shown["payment_intent"]:
            shown["payment_intent"] = self.intents[shown["payment_intent"]]
        return 200, shown

    def _intent(self, intent: dict[str, Any], act: str) -> Answer:
        if intent["status"] != "requires_capture":
            return _refusal("invalid_request_error", "This payment cannot be captured or cancelled.")
        intent["status"] = "succeeded" if act == "capture" else "canceled"
        self._receive(intent)
        return 200, intent

    def _new_refund(self, form: dict[str, Any]) -> Answer:
        if self.refuses_refunds:
            return _refusal("invalid_request_error", "Insufficient funds in your Stripe balance.")
        refund_id = f"re_{len(self.refunds) + 1}"
        self.refunds[refund_id] = {
            "id": refund_id,
            "object": "refund",
            "status": self.refund_status,
            "amount": int(form["amount"]),
            "payment_intent": form["payment_intent"],
            "metadata": form["metadata"],
        }
        return 200, self.refunds[refund_id]

    def _list(self, form: dict[str, Any]) -> Answer:
        rows = [row for row in self.refunds.values() if row["payment_intent"] == form["payment_intent"]]
        return 200, {"object": "list", "data": rows, "has_more": False, "url": "/v1/refunds"}


def sign(body: str, *, secret: str = SECRET, age: int = 0) -> str:
    """Sign as Stripe documents it, by nobody's library."""
    moment = int(time.time()) - age
    digest = hmac.new(secret.encode(), f"{moment}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def _refusal(kind: str, message: str) -> Answer:
    return 400, {"error": {"type": kind, "message": message}}


def _nested(text: str) -> dict[str, Any]:
    """Read ``a[b][0]=c`` as Stripe does."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        *path, last = name.replace("]", "").split("[")
        branch = tree
        for part in path:
            branch = branch.setdefault(part, {})
        branch[last] = value
    return tree


class _Handler(BaseHTTPRequestHandler):
    stand_in: StandIn

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path.startswith("/page/"):
            self.send(200, PAGE.encode(), {"Content-Type": "text/html"})
        else:
            self.serve("GET", address.path, address.query)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self.path.startswith("/page/"):
            self.leave(self.stand_in.sessions[self.path.rsplit("/", 1)[1]], is_paid="decision=pay" in body)
        else:
            self.serve("POST", self.path, body)

    def leave(self, session: dict[str, Any], *, is_paid: bool) -> None:
        """Send the customer back, as Stripe's page does."""
        if is_paid:
            self.stand_in.pay()
        self.send(303, b"", {"Location": session["success_url" if is_paid else "cancel_url"]})

    def serve(self, method: str, path: str, text: str) -> None:
        """Answer a request of the API, or have its fault."""
        waiting = self.stand_in.faults.get(f"{method} {path}", [])
        fault = waiting.pop(0) if waiting else None
        if isinstance(fault, int):
            self.send(fault, b'{"error": {"message": "Something is wrong on our side."}}', {})
            return
        status, answer = self.stand_in.answer(method, path, _nested(text), self.headers.get("Idempotency-Key") or "")
        if fault == "slow":
            time.sleep(1.5)
        if fault is not None:
            self.close_connection = True
            return
        self.send(status, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        """Write an answer."""
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def stripe() -> Iterator[StandIn]:
    """Run the stand-in on a port of its own."""
    stand_in = StandIn()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"stand_in": stand_in}))
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()

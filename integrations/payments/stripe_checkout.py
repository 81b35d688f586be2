"""Cards and more on Stripe's own page: the shop never sees a number, and its pages stay free of foreign scripts."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from integrations.payments import stripe_client
from integrations.payments.port import (
    Attempt,
    Outcome,
    OutcomeState,
    ProviderRefusedError,
    RefundOutcome,
    RefundState,
    Return,
)
from integrations.payments.stripe_amounts import as_money, as_stripe_counts

T = TypeVar("T")

LAST_SECOND = timedelta(hours=23, minutes=50)
FIRST_SECOND = timedelta(minutes=31)
"""Stripe lets a page live for 30 minutes to 24 hours; a little room is left for the way there."""

_REFUNDS = {
    "succeeded": RefundState.DONE,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}


class StripeCheckout:
    """Sends customers to Stripe's page and asks Stripe what became of them; a browser's word counts for nothing."""

    code: ClassVar[str] = "stripe"
    name: ClassVar[str] = "Card"
    description: ClassVar[str] = "Pay now on the page of our payment provider."
    ships_before_payment: ClassVar[bool] = False
    default_window: ClassVar[timedelta] = timedelta(hours=1)
    is_recorded_by_staff: ClassVar[bool] = False
    is_hosted: ClassVar[bool] = True

    def authorise(self, attempt: Attempt, *, details: Mapping[str, str]) -> Outcome:
        """Make the page on which the customer pays."""
        options = {"idempotency_key": f"pay-{attempt.reference}"}
        wanted = _session(attempt)
        return _outcome(_ask(lambda stripe: stripe.checkout.sessions.create(wanted, options)))

    def confirm(self, attempt: Attempt, *, details: Mapping[str, str]) -> Outcome:
        """Ask: the second step was taken on Stripe's page."""
        return self.retrieve(attempt)

    def retrieve(self, attempt: Attempt) -> Outcome:
        """Ask where the attempt stands; without Stripe's name for it, nobody was ever shown where to pay."""
        if not attempt.provider_reference:
            return Outcome(state=OutcomeState.DECLINED, message="The payment was not begun.")
        return _outcome(_found(attempt))

    def capture(self, attempt: Attempt) -> Outcome:
        """Collect what was secured."""
        intent = _intent_of(_found(attempt))
        if intent.get("status") == "requires_capture":
            options = {"idempotency_key": f"capture-{attempt.reference}"}
            with suppress(ProviderRefusedError):  # somebody was faster, as at Stripe's own pages: what is there counts
                _ask(lambda stripe: stripe.payment_intents.capture(intent["id"], None, options))
        return self.retrieve(attempt)

    def void(self, attempt: Attempt) -> Outcome:
        """Close the page, and let go of what was secured; money that arrived meanwhile is told of."""
        if not attempt.provider_reference:
            return self.retrieve(attempt)
        session = _found(attempt)
        intent = _intent_of(session)
        try:
            if session["status"] == "open":
                _ask(lambda stripe: stripe.checkout.sessions.expire(session["id"]))
            elif intent.get("status") == "requires_capture":
                _ask(lambda stripe: stripe.payment_intents.cancel(intent["id"]))
        except ProviderRefusedError:
            return self.retrieve(attempt)  # the customer was faster
        return self.retrieve(attempt)

    def refund(self, wanted: Return) -> RefundOutcome:
        """Give back once, however often it is asked for and however long after."""
        if wanted.provider_reference:
            return _returned(_ask(lambda stripe: stripe.refunds.retrieve(wanted.provider_reference)))
        intent = _intent_of(_found(wanted.attempt)).get("id", "")
        if not intent:
            return RefundOutcome(state=RefundState.FAILED, message="Stripe knows of no money for this payment.")
        known = _ask(lambda stripe: stripe.refunds.list({"payment_intent": intent, "limit": 100}))["data"]
        for refund in known:
            if _is_that(refund, wanted):
                return _returned(refund)
        if wanted.is_only_asked_about:
            return RefundOutcome(state=RefundState.PENDING)
        body = {
            "payment_intent": intent,
            "amount": as_stripe_counts(wanted.amount),
            "metadata": {"refund": wanted.key, "payment": str(wanted.attempt.payment_id)},
        }
        options = {"idempotency_key": f"refund-{wanted.key}"}
        try:
            return _returned(_ask(lambda stripe: stripe.refunds.create(body, options)))
        except ProviderRefusedError as error:
            return RefundOutcome(state=RefundState.FAILED, message=error.message)


def _is_that(refund: Mapping[str, Any], wanted: Return) -> bool:
    """Tell whether Stripe knows this return already: by its key, or alive by that of a round whose answer was lost."""
    key = (refund.get("metadata") or {}).get("refund")
    is_alive = refund.get("status") not in {"failed", "canceled"}
    return key == wanted.key or (is_alive and key in wanted.former_keys)


def _ask(call: Callable[[Any], Any]) -> dict[str, Any]:
    return stripe_client.ask(call)


def _found(attempt: Attempt) -> dict[str, Any]:
    params = {"expand": ["payment_intent"]}
    return _ask(lambda stripe: stripe.checkout.sessions.retrieve(attempt.provider_reference, params))


def _session(attempt: Attempt) -> dict[str, Any]:
    about = {"payment": str(attempt.payment_id), "reference": attempt.reference}
    price = {
        "currency": attempt.amount.currency.lower(),
        "unit_amount": as_stripe_counts(attempt.amount),
        "product_data": {"name": attempt.title},
    }
    wanted: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": str(attempt.payment_id),
        "metadata": about,
        "line_items": [{"quantity": 1, "price_data": price}],
        "payment_intent_data": {
            "metadata": about,
            "description": attempt.title,
            **({"capture_method": "manual"} if attempt.is_secured_first else {}),
        },
        "adaptive_pricing": {"enabled": False},
        "success_url": attempt.return_url,
        "cancel_url": attempt.stop_url,
    }
    if attempt.email:
        wanted["customer_email"] = attempt.email
    if attempt.expires_at is not None:
        wanted["expires_at"] = int(attempt.expires_at.timestamp())
    return wanted


def _intent_of(session: Mapping[str, Any]) -> dict[str, Any]:
    intent = session.get("payment_intent")
    if isinstance(intent, str):
        return {"id": intent}
    return dict(intent or {})


def _outcome(session: Mapping[str, Any]) -> Outcome:
    """Read a session: what its payment says counts, for that is where the money is."""
    intent = _intent_of(session)
    state, message = _state_of(session, intent)
    amount = None
    if state is OutcomeState.CAPTURED:
        counts = intent.get("amount_received")
        amount = as_money(
            session["amount_total"] if counts is None else counts, intent.get("currency") or session["currency"]
        )
    return Outcome(
        state=state,
        message=message,
        provider_reference=session["id"],
        action_url=session.get("url") or "" if state is OutcomeState.REQUIRES_ACTION else "",
        amount=amount,
    )


def _state_of(session: Mapping[str, Any], intent: Mapping[str, Any]) -> tuple[OutcomeState, str]:
    if session["status"] == "open":
        return OutcomeState.REQUIRES_ACTION, ""
    if session["status"] == "expired":
        return OutcomeState.DECLINED, "The payment was not finished in time."
    if session["payment_status"] == "paid":
        return OutcomeState.CAPTURED, ""
    if intent.get("status") == "requires_capture":
        return OutcomeState.AUTHORISED, ""
    if intent.get("status") in {"requires_payment_method", "canceled"}:
        return OutcomeState.DECLINED, "The bank declined the payment."
    return OutcomeState.PENDING, ""


def _returned(refund: Mapping[str, Any]) -> RefundOutcome:
    state = _REFUNDS.get(refund.get("status") or "", RefundState.PENDING)
    reason = str(refund.get("failure_reason") or "").replace("_", " ")
    message = f"The bank refused the refund{f': {reason}' if reason else ''}." if state is RefundState.FAILED else ""
    return RefundOutcome(state=state, provider_reference=refund["id"], message=message)

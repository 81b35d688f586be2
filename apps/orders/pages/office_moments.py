"""The life of an order in the staff's words: who did what, what was noted, which mails went out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as marked

from apps.orders.selectors.timelines import TimelineEntry
from kernel.formatting import money_text
from kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeMoment:
    """One entry as it is shown."""

    title: str
    at: datetime
    who: str
    body: str = ""
    kind: str = ""


def office_moments(entries: list[TimelineEntry]) -> list[OfficeMoment]:
    """Return the timeline, newest first."""
    return [_moment(entry) for entry in entries]


def _moment(entry: TimelineEntry) -> OfficeMoment:
    if entry.kind == "note":
        return OfficeMoment(title=_("Note"), at=entry.at, who=entry.actor, body=entry.title, kind="accent")
    if entry.kind == "message":
        failed = entry.about["status"] == "failed"
        title = _("Mail “%(subject)s”") % {"subject": entry.title}
        return OfficeMoment(title=title, at=entry.at, who=entry.actor, kind="danger" if failed else "")
    title, kind, tell = _WORDS.get(entry.title, (entry.title, "", _nothing))
    return OfficeMoment(title=_(title), at=entry.at, who=_who(entry.actor), body=tell(entry.about), kind=kind)


def _who(actor: str) -> str:
    names = {"anonymous": _("Guest"), "system": _("Saluhall"), "erased": _("Erased account")}
    return names.get(actor, actor)


def _nothing(about: Mapping[str, Any]) -> str:  # noqa: ARG001 - one signature for all
    return ""


def _arrived(about: Mapping[str, Any]) -> str:
    reasons = {
        "late": _("The order was over already."),
        "twice": _("The order was paid already."),
        "amount": _("It is another sum than the order asked for."),
    }
    why = reasons.get(str(about.get("why")), "")
    return _joined(_amount(about), _labelled(_("Reference"), about.get("reference")), why)


def _shipped(about: Mapping[str, Any]) -> str:
    parcel = " ".join(part for part in (about.get("carrier"), about.get("tracking_number")) if part)
    return _joined(_pieces(about), parcel)


def _refunded(about: Mapping[str, Any]) -> str:
    restocked = _("Back on the shelf") if about.get("restock") else ""
    return _joined(_amount(about), _pieces(about), str(about.get("reason") or ""), restocked)


def _refused(about: Mapping[str, Any]) -> str:
    return _joined(_amount(about), str(about.get("message") or ""))


def _cancelled(about: Mapping[str, Any]) -> str:
    reasons = {
        "expired": _("It was not paid in time."),
        "customer": _("The customer called it off."),
        "staff": _("The shop called it off."),
    }
    return reasons.get(str(about.get("reason")), "")


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _labelled(label: str, value: object) -> str:
    return f"{label}: {value}" if value else ""


def _pieces(about: Mapping[str, Any]) -> str:
    return ", ".join(f"{count} \N{MULTIPLICATION SIGN} {sku}" for sku, count in (about.get("lines") or {}).items())


def _amount(about: Mapping[str, Any]) -> str:
    written = about.get("amount")
    if not written:
        return ""
    return money_text(Money.of(written["amount"], written["currency"]), get_language() or "en")


_WORDS: Mapping[str, tuple[str, str, Callable[[Mapping[str, Any]], str]]] = {
    "placed": (marked("Order placed"), "accent", _nothing),
    "paid": (marked("Payment arrived"), "success", _arrived),
    "payment_to_return": (marked("Payment arrived that has to go back"), "warning", _arrived),
    "payment_secured": (marked("The bank set the money aside"), "", _arrived),
    "payment_released": (marked("The bank let go of the money"), "", _arrived),
    "refund_requested": (marked("The payment provider is asked for a refund"), "", _refunded),
    "refund_retried": (marked("The payment provider is asked once more"), "", _refunded),
    "refund_failed": (marked("The payment provider refused the refund"), "danger", _refused),
    "shipped": (marked("Shipped"), "success", _shipped),
    "refunded": (marked("Refunded"), "", _refunded),
    "cancelled": (marked("Cancelled"), "danger", _cancelled),
    "erased": (marked("The customer was erased"), "", _nothing),
}

"""The back office: which mails go out, what became of them, and sending one again."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.notifications import selectors
from apps.notifications.forms import MessageFilters
from apps.notifications.models import Message
from apps.notifications.services import writing
from contracts.rights import Right
from kernel import clock
from kernel.errors import DomainError
from kernel.http.paging import KeysetPagination, Page, page_of
from kernel.http.principals import actor_of, right_required
from kernel.http.security import CSP

NOTHING = Page(results=[], next_url=None, previous_url=None, count=None, count_is_capped=False)
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox"
"""A mail has its style inside; nothing in it may run, load or be sent."""


class MessagePages(KeysetPagination):
    """All messages, newest first."""

    page_size = 25
    orderings = {"newest": ("-created_at", "-id")}
    default_ordering = "newest"


@never_cache
@require_safe
@right_required(Right.ORDERS)
def message_list(request: HttpRequest) -> HttpResponse:
    """Show all messages, narrowed by what stands in the address."""
    form = MessageFilters(request.GET)
    page, status = _page(request, form)
    context = {
        "form": form,
        "rows": [{"message": message, "kind": _kind(message)} for message in page.results],
        "page": page,
        "summary": _summary(page),
        "tabs": _tabs(request.GET),
        "is_narrowed": bool(request.GET.get("q") or request.GET.get("status")),
    }
    return render(request, "notifications/office/list.html", context, status=status)


@never_cache
@require_safe
@right_required(Right.ORDERS)
def message(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Show one message; the body of a secret one stays hidden."""
    shown = _found(message_id)
    text, html = selectors.body_of(shown)
    context = {
        "message": shown,
        "kind": _kind(shown),
        "text": text,
        "has_html": bool(html),
        "about_url": _about_url(shown),
    }
    return render(request, "notifications/office/message.html", context)


@never_cache
@require_safe
@right_required(Right.ORDERS)
def message_html(request: HttpRequest, message_id: UUID) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer the mail as its recipient sees it, in a page where nothing can run."""
    _text, html = selectors.body_of(_found(message_id))
    if not html:
        raise Http404
    return HttpResponse(html, headers={CSP: SANDBOX})


@require_POST
@right_required(Right.ORDERS)
def message_send_again(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Queue the message once more."""
    shown = _found(message_id)
    try:
        copy = writing.send_again(message_id=shown.id, actor=actor_of(request), now=clock.now())
    except DomainError as error:
        messages.error(request, error.message)
        return redirect(_address(shown.id))
    messages.success(request, _("The mail goes out once more; this is the copy."))
    return redirect(_address(copy.id))


def _found(message_id: UUID) -> Message:
    shown = Message.objects.filter(id=message_id).first()
    if shown is None:
        raise Http404
    return shown


def _page(request: HttpRequest, form: MessageFilters) -> tuple[Page, int]:
    if not form.is_valid():
        return NOTHING, 400
    found = selectors.messages(search=form.cleaned_data["q"].strip(), status=form.cleaned_data["status"])
    params = {"count": "true"} | {name: request.GET[name] for name in ("cursor",) if request.GET.get(name)}
    try:
        return page_of(found, params=params, url=request.get_full_path(), pages=MessagePages), 200
    except DomainError as error:
        form.add_error(None, error.message)
        return NOTHING, error.status


def _kind(shown: Message) -> str:
    words = {
        "order_placed": _("Order placed"),
        "order_notice": _("Notice of an order"),
        "order_paid": _("Payment arrived"),
        "order_shipped": _("Parcel shipped"),
        "order_cancelled": _("Order cancelled"),
        "order_refunded": _("Refund"),
        "surplus_paid": _("Money to send back"),
        "refund_failed": _("Refused refund"),
        "stock_low": _("Low stock"),
        "welcome": _("Welcome"),
        "account": _("Sign-in"),
    }
    return words.get(shown.kind, shown.kind.replace("_", " ").capitalize())


def _about_url(shown: Message) -> str:
    """Return where the order or the person stands that a message is about."""
    if shown.about is None:
        return ""
    if shown.kind.startswith("order_"):
        return f"/office/orders/{shown.about}/"
    return f"/office/customers/{shown.about}/" if shown.kind == "welcome" else ""


def _summary(page: Page) -> str:
    if page.count is None:
        return ""
    if page.count_is_capped:
        return _("more than %(count)s messages") % {"count": f"{page.count:,}"}
    return ngettext("%(count)s message", "%(count)s messages", page.count) % {"count": f"{page.count:,}"}


def _tabs(query: QueryDict) -> list[dict[str, Any]]:
    chosen, tabs = query.get("status", ""), []
    for name, label in (("", _("All")), ("queued", _("Queued")), ("sent", _("Sent")), ("failed", _("Failed"))):
        address = QueryDict(mutable=True)
        address.update({key: value for key, value in {"status": name, "q": query.get("q", "")}.items() if value})
        tabs.append({"label": label, "url": "?" + address.urlencode(), "is_current": chosen == name})
    return tabs


def _address(message_id: UUID) -> str:
    return reverse("notifications:office_message", args=[message_id])

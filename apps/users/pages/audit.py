"""The back office: the audit log, to read."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.users import selectors
from apps.users.forms import AuditFilters
from apps.users.models import AuditEntry
from apps.users.pages.audit_words import THINGS, WORDS, words_for
from contracts.rights import Right
from kernel.errors import DomainError
from kernel.http.paging import KeysetPagination, Page, page_of
from kernel.http.principals import actor_of, right_required

NOTHING = Page(results=[], next_url=None, previous_url=None, count=None, count_is_capped=False)
LINKS = {
    "user": "/office/customers/{}/",
    "order": "/office/orders/{}/",
    "product": "/office/products/{}/",
    "group": "/office/staff/{}/",
}


class Entries(KeysetPagination):
    """All entries, newest first."""

    page_size = 50
    orderings = {"newest": ("-at", "-id")}
    default_ordering = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One entry in the words of the back office."""

    entry: AuditEntry
    words: str
    thing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field that an entry tells of."""

    name: str
    before: str
    after: str


@never_cache
@require_safe
@right_required(Right.STAFF)
def entry_list(request: HttpRequest) -> HttpResponse:
    """Show the log, narrowed by what stands in the address."""
    form = AuditFilters(request.GET, words=WORDS)
    page, status = _page(request, form)
    context = {
        "form": form,
        "rows": [_row(entry) for entry in page.results],
        "page": page,
        "summary": _summary(page),
        "is_narrowed": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "users/office/audit.html", context, status=status)


@never_cache
@require_safe
@right_required(Right.STAFF)
def entry(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Show one entry, with what was before and after side by side."""
    found = selectors.audit_entries(actor_of(request)).filter(id=entry_id).first()
    if found is None:
        raise Http404
    link = LINKS.get(found.subject_kind, "").format(found.subject_id)
    context = {"row": _row(found), "entry": found, "changes": _changes(found), "link": link}
    return render(request, "users/office/audit_entry.html", context)


def _page(request: HttpRequest, form: AuditFilters) -> tuple[Page, int]:
    if not form.is_valid():
        return NOTHING, 400
    found = selectors.audit_entries(actor_of(request), **form.wanted())
    params = {"count": "true"} | {name: request.GET[name] for name in ("cursor",) if request.GET.get(name)}
    try:
        return page_of(found, params=params, url=request.get_full_path(), pages=Entries), 200
    except DomainError as error:
        form.add_error(None, error.message)
        return NOTHING, error.status


def _row(entry: AuditEntry) -> EntryRow:
    return EntryRow(
        entry=entry, words=words_for(entry.action), thing=str(THINGS.get(entry.subject_kind, entry.subject_kind))
    )


def _changes(entry: AuditEntry) -> list[Change]:
    before, after = (orjson.loads(text or "{}") for text in (entry.before, entry.after))
    return [
        Change(name=name.replace("_", " "), before=_text(before.get(name)), after=_text(after.get(name)))
        for name in {**before, **after}
    ]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict) and set(value) == {"amount", "currency"}:
        return f"{value['amount']} {value['currency']}"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _summary(page: Page) -> str:
    if page.count is None:
        return ""
    if page.count_is_capped:
        return _("more than %(count)s entries") % {"count": f"{page.count:,}"}
    return ngettext("%(count)s entry", "%(count)s entries", page.count) % {"count": f"{page.count:,}"}

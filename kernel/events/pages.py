"""The back office's pages of events: what waits, what failed, and having it handled again."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from kernel import clock
from kernel.errors import DomainError
from kernel.events import repair
from kernel.events.choosing import Choice, Status, rows_to_show
from kernel.events.figures import EventFigures, event_figures
from kernel.events.forms import EventFilters, FailureFilters, RefillForm, pair_of
from kernel.formatting import age_text
from kernel.http.paging import KeysetPagination, Page, page_of
from kernel.http.principals import actor_of, right_required

NOTHING = Page(results=[], next_url=None, previous_url=None, count=None, count_is_capped=False)
RIGHT = "settings"
TICKS = 100


class WaitingPages(KeysetPagination):
    """What waits, the oldest first."""

    page_size = 50
    orderings = {"oldest": ("id",)}
    default_ordering = "oldest"


class FailurePages(KeysetPagination):
    """What handlers did, newest first."""

    page_size = 50
    orderings = {"newest": ("-handled_at", "-id")}


@never_cache
@require_safe
@right_required(RIGHT)
def inbox(request: HttpRequest) -> HttpResponse:
    """Show what handlers gave up, try again or did, narrowed by what stands in the address."""
    form = FailureFilters(request.GET)
    page, status = _page(request, form, lambda choice: choice.handled, FailurePages)
    figures = event_figures(now=clock.now())
    shown = form.shown_status() if form.is_valid() else str(Status.DEAD)
    context = {
        **_common(request, form, page, figures, current=shown),
        "status": shown,
        "can_replay_all": shown != Status.DONE or bool(form.is_valid() and _is_narrow(form.choice())),
        "archive_days": settings.EVENT_ARCHIVE_DAYS,
    }
    return render(request, "kernel/events/inbox.html", context, status=status)


@never_cache
@require_safe
@right_required(RIGHT)
def outbox(request: HttpRequest) -> HttpResponse:
    """Show what did not arrive yet, and a form that sends out again what did."""
    return _outbox(request, EventFilters(request.GET), RefillForm())


@require_POST
@right_required(RIGHT)
def replay(request: HttpRequest) -> HttpResponse:
    """Give one event, the ticked ones or the whole view to their handlers again."""
    form = FailureFilters(request.POST)
    try:
        choice = _meant(request.POST, form)
        told = repair.replay(choice, actor=actor_of(request), now=clock.now())
    except ValidationError:
        messages.error(request, _("Tick the events that are to be handled again."))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        _say(request, told)
    return redirect(_back(form))


@require_POST
@right_required(RIGHT)
def refill(request: HttpRequest) -> HttpResponse:
    """Send a span of events out again from their copies."""
    form = RefillForm(request.POST)
    if not form.is_valid():
        return _outbox(request, EventFilters({}), form, status=400)
    try:
        count = repair.refill(form.choice(), actor=actor_of(request), now=clock.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        text = ngettext("%(count)s event goes out again.", "%(count)s events go out again.", count)
        messages.success(request, text % {"count": f"{count:,}"})
    return redirect(reverse("events:office_events_waiting"))


def _outbox(request: HttpRequest, form: EventFilters, again: RefillForm, *, status: int = 200) -> HttpResponse:
    now = clock.now()
    page, found = _page(request, form, lambda choice: choice.waiting, WaitingPages)
    context = {
        **_common(request, form, page, event_figures(now=now), current="waiting"),
        "now": now,
        "again": again,
        "archive_days": settings.EVENT_ARCHIVE_DAYS,
    }
    return render(request, "kernel/events/outbox.html", context, status=max(status, found))


def _meant(given: QueryDict, form: FailureFilters) -> Choice:
    """Return what the pressed button stands for.

    :raises ValidationError: nothing is ticked, or the view makes no sense.
    """
    if not form.is_valid():
        raise ValidationError("view")
    if "all" in given:
        choice = form.choice()
        if form.shown_status() == Status.DONE and not _is_narrow(choice):
            raise ValidationError("span")
        return choice
    ticked = [str(given["one"])] if "one" in given else given.getlist("pick")[:TICKS]
    if not ticked:
        raise ValidationError("pick")
    return Choice(statuses=Status.values, pairs=tuple(pair_of(text) for text in ticked))


def _is_narrow(choice: Choice) -> bool:
    """True when what was done already may be handled again: not everything by accident."""
    return bool(choice.event_ids or choice.since)


def _say(request: HttpRequest, told: repair.Replayed) -> None:
    text = ngettext("%(count)s event is handled again.", "%(count)s events are handled again.", told.given_back)
    messages.success(request, text % {"count": f"{told.given_back:,}"})
    if told.without_copy:
        text = ngettext(
            "%(count)s event has no copy any more.", "%(count)s events have no copy any more.", told.without_copy
        )
        messages.warning(request, text % {"count": f"{told.without_copy:,}"})


def _back(form: FailureFilters) -> str:
    """Return the address of the view that the form came from."""
    kept = {name: form.data.get(name) for name in form.fields if form.data.get(name)}
    return f"{reverse('events:office_events')}{'?' if kept else ''}{urlencode(kept)}"


def _page(
    request: HttpRequest,
    form: EventFilters,
    rows_of: Callable[[Choice], Callable[[str], QuerySet[Any]]],
    pages: type[KeysetPagination],
) -> tuple[Page, int]:
    if not form.is_valid():
        return NOTHING, 400
    choice = form.choice()
    params = {"count": "true"} | {name: request.GET[name] for name in ("cursor",) if request.GET.get(name)}
    try:
        rows = rows_to_show(choice, rows_of(choice))
        return page_of(rows, params=params, url=request.get_full_path(), pages=pages), 200
    except DomainError as error:
        form.add_error(None, error.message)
        return NOTHING, error.status


def _common(
    request: HttpRequest, form: EventFilters, page: Page, figures: EventFigures, *, current: str
) -> dict[str, Any]:
    return {
        "form": form,
        "rows": page.results,
        "page": page,
        "figures": figures,
        "age": age_text(figures.oldest_at, now=clock.now()),
        "tabs": _tabs(figures, current=current),
        "is_narrowed": any(request.GET.get(name) for name in form.fields if name != "status"),
    }


def _tabs(figures: EventFigures, *, current: str) -> list[dict[str, Any]]:
    failed, waiting = reverse("events:office_events"), reverse("events:office_events_waiting")
    known = (
        (Status.DEAD, _("Given up"), failed, figures.dead),
        (Status.RETRY, _("Tried again"), f"{failed}?status=retry", figures.retry),
        (Status.DONE, _("Done"), f"{failed}?status=done", 0),
        ("waiting", _("Waiting"), waiting, figures.waiting),
    )
    return [
        {"label": label, "url": url, "count": count, "is_current": str(name) == current}
        for name, label, url, count in known
    ]

"""The back office's first page: how business goes, what waits, and how to begin."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.orders.pages.office_rows import rows_of
from apps.orders.rules.charts import Bar, Canvas, Drawing, draw
from apps.orders.rules.figures import change_of
from apps.orders.selectors.figures import DAYS, DaySales, KeyFigures
from apps.orders.selectors.office import Business, OfficeHome, office_home
from apps.orders.selectors.shop import shop
from contracts.rights import MEANINGS, Right
from kernel import clock
from kernel.actors import Actor
from kernel.formatting import money_text
from kernel.http.principals import actor_of, staff_required
from kernel.money import Money, exponent

WIDE = Canvas(width=820, height=260, left=64)
PHONE = Canvas(width=340, height=200, left=52, label_every=4)
PHONE_DAYS = 14
ORDERS = "/office/orders/"
LOW_STOCK = "/office/products/?low=1"
DEAD_LETTERS = "/office/events/"
FAILED_MAILS = "/office/messages/?status=failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One key figure in words."""

    label: str
    value: str
    url: str = ""
    change: str = ""
    change_kind: str = "up"
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One drawing with its words."""

    drawing: Drawing
    bars: list[tuple[Bar, str]]
    ticks: list[tuple[float, str]]
    labels: list[tuple[float, str]]
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Something that somebody has to do."""

    label: str
    count: int
    url: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something to begin with, for those who may."""

    title: str
    text: str
    url: str
    right: Right
    is_done: bool = False


@never_cache
@require_safe
@staff_required
def home(request: HttpRequest) -> HttpResponse:
    """Show figures, sales by day, what waits and the newest orders."""
    now, actor = clock.now(), actor_of(request)
    shown = office_home(actor=actor, now=now)
    context = {"waiting": _waiting(shown), "period": DAYS, "tasks": _tasks(actor)}
    if shown.business is not None:
        context |= _business(shown.business, actor=actor, now=now)
    return render(request, "orders/office/home.html", context)


def _business(business: Business, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return the parts of the page that tell of sales."""
    return {
        "sells": True,
        "is_new": not business.newest,
        "figures": _figures(business.figures),
        "wide": _chart(business.days, shown=DAYS, canvas=WIDE),
        "phone": _chart(business.days, shown=PHONE_DAYS, canvas=PHONE),
        "days": business.days[-1 : -DAYS - 1 : -1],
        "rows": rows_of(business.newest, now=now),
        "steps": [] if business.newest else _steps(actor),
    }


def _figures(figures: KeyFigures) -> list[Figure]:
    present, before = figures.present, figures.before
    return [
        _compared(_("Sales"), money_text(present.sales, _language()), present.sales.minor, before.sales.minor),
        _compared(_("Orders"), f"{present.order_count:,}", present.order_count, before.order_count),
        _compared(
            _("Average order"), money_text(present.average, _language()), present.average.minor, before.average.minor
        ),
        Figure(
            label=_("To fulfil"),
            value=f"{figures.to_fulfil:,}",
            url=f"{ORDERS}?tab=unfulfilled",
            note=_("paid, or on a bill"),
        ),
    ]


def _compared(label: str, value: str, present: int, before: int) -> Figure:
    change = change_of(present, before=before)
    if change is None:
        return Figure(label=label, value=value, note=_("last %(days)d days") % {"days": DAYS})
    sign = "\N{MINUS SIGN}" if change < 0 else "+"
    kind = "down" if change < 0 else "up"
    return Figure(label=label, value=value, change=f"{sign}{abs(change):.1f} %", change_kind=kind)


def _chart(days: list[DaySales], *, shown: int, canvas: Canvas) -> Chart:
    currency = shop().settings.currency
    values = [day.sales.minor for day in days]
    drawing = draw(values, shown=shown, unit=10 ** exponent(currency), canvas=canvas)
    visible = days[-shown:]
    return Chart(
        drawing=drawing,
        bars=[(bar, _told(day)) for bar, day in zip(drawing.bars, visible, strict=True)],
        ticks=[(tick.y, _short(Money(tick.value, currency))) for tick in drawing.ticks],
        labels=[(drawing.bars[index].middle, _day(visible[index].day)) for index in drawing.labelled],
        line=" ".join(f"{x},{y}" for x, y in drawing.points),
    )


def _told(day: DaySales) -> str:
    return f"{_day(day.day)}: {money_text(day.sales, _language())}"


def _short(money: Money) -> str:
    text: str = format_currency(
        money.amount, money.currency, locale=_language(), currency_digits=False, format="¤#,##0"
    )
    return text


def _day(day: date) -> str:
    return str(format_date(day, "d MMM", locale=_language()))


def _language() -> str:
    return (get_language() or "en").replace("-", "_")


def _waiting(shown: OfficeHome) -> list[Waiting]:
    orders = _waiting_orders(shown.business) if shown.business is not None else []
    low_stock = Waiting(label=_("Variants low in stock"), count=shown.low_stock, url=LOW_STOCK, kind="warning")
    mails = _waiting_mails(shown.business) if shown.business is not None else []
    events = Waiting(label=_("Events given up"), count=shown.dead_letters, url=DEAD_LETTERS, kind="danger")
    return [entry for entry in (*orders, low_stock, *mails, events) if entry.count]


def _waiting_orders(business: Business) -> list[Waiting]:
    figures = business.figures
    return [
        Waiting(label=_("Orders to fulfil"), count=figures.to_fulfil, url=f"{ORDERS}?tab=unfulfilled", kind="accent"),
        Waiting(label=_("Overdue payments"), count=figures.overdue, url=f"{ORDERS}?tab=overdue", kind="danger"),
        Waiting(label=_("Refunds due"), count=figures.refunds_due, url=f"{ORDERS}?tab=refund_due", kind="danger"),
    ]


def _waiting_mails(business: Business) -> list[Waiting]:
    return [Waiting(label=_("Mails that failed"), count=business.failed_messages, url=FAILED_MAILS, kind="danger")]


def _steps(actor: Actor) -> list[Step]:
    """Return what a new shop needs, of that which the person can do."""
    settings = shop().settings
    steps = [
        Step(
            title=_("Name your shop"),
            text=_("Name, country, currency, bank account."),
            url="/office/settings/",
            is_done=settings.version > 1,
            right=Right.SETTINGS,
        ),
        Step(
            title=_("Fill the shelves"),
            text=_("Import a product file, or add products one by one."),
            url="/office/import/",
            right=Right.CATALOGUE,
        ),
        Step(
            title=_("Set up delivery"),
            text=_("One way to deliver is there already: set its price."),
            url="/office/settings/shipping/",
            right=Right.SETTINGS,
        ),
        Step(
            title=_("Set up taxes"),
            text=_("One rate a country and tax class."),
            url="/office/settings/taxes/",
            is_done=bool(shop().rates),
            right=Right.SETTINGS,
        ),
    ]
    return [step for step in steps if actor.may(step.right)]


def _tasks(actor: Actor) -> list[Step]:
    """Return the parts of the back office that the person works with."""
    pages = {
        Right.CATALOGUE: (_("Products"), "/office/products/"),
        Right.CUSTOMERS: (_("Customers"), "/office/customers/"),
        Right.STAFF: (_("Staff"), "/office/staff/"),
        Right.SETTINGS: (_("Settings"), "/office/settings/"),
    }
    return [
        Step(title=title, text=_(MEANINGS[right]), url=url, right=right)
        for right, (title, url) in pages.items()
        if actor.may(right)
    ]

"""The back office's first page: how business goes, what waits, and how to begin."""

from dataclasses import dataclass
from datetime import date

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
from apps.orders.selectors.office import OfficeHome, office_home
from apps.orders.selectors.shop import shop
from kernel import clock
from kernel.formatting import money_text
from kernel.http.principals import staff_required
from kernel.money import Money, exponent

WIDE = Canvas(width=820, height=260, left=64)
PHONE = Canvas(width=340, height=200, left=52, label_every=4)
PHONE_DAYS = 14
ORDERS = "/office/orders/"
LOW_STOCK = "/office/products/?low=1"
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


@never_cache
@require_safe
@staff_required
def home(request: HttpRequest) -> HttpResponse:
    """Show figures, sales by day, what waits and the newest orders."""
    now = clock.now()
    shown = office_home(now=now)
    context = {
        "is_new": not shown.newest,
        "figures": _figures(shown.figures),
        "wide": _chart(shown.days, shown=DAYS, canvas=WIDE),
        "phone": _chart(shown.days, shown=PHONE_DAYS, canvas=PHONE),
        "days": shown.days[-1 : -DAYS - 1 : -1],
        "period": DAYS,
        "waiting": _waiting(shown),
        "rows": rows_of(shown.newest, now=now),
        "steps": _steps(shown),
    }
    return render(request, "orders/office/home.html", context)


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
    figures = shown.figures
    queue = [
        Waiting(label=_("Orders to fulfil"), count=figures.to_fulfil, url=f"{ORDERS}?tab=unfulfilled", kind="accent"),
        Waiting(label=_("Overdue payments"), count=figures.overdue, url=f"{ORDERS}?tab=overdue", kind="danger"),
        Waiting(label=_("Refunds due"), count=figures.refunds_due, url=f"{ORDERS}?tab=refund_due", kind="danger"),
        Waiting(label=_("Variants low in stock"), count=shown.low_stock, url=LOW_STOCK, kind="warning"),
        Waiting(label=_("Mails that failed"), count=shown.failed_messages, url=FAILED_MAILS, kind="danger"),
    ]
    return [entry for entry in queue if entry.count]


def _steps(shown: OfficeHome) -> list[dict[str, object]]:
    """Return what a new shop needs; nothing once it has sold."""
    if shown.newest:
        return []
    settings = shop().settings
    return [
        _step(
            _("Name your shop"), _("Name, country, currency, bank account."), "settings/", is_done=settings.version > 1
        ),
        _step(_("Fill the shelves"), _("Import a product file, or add products one by one."), "import/"),
        _step(_("Set up delivery"), _("One way to deliver is there already: set its price."), "settings/shipping/"),
        _step(_("Set up taxes"), _("One rate a country and tax class."), "settings/taxes/", is_done=bool(shop().rates)),
    ]


def _step(title: str, text: str, path: str, *, is_done: bool = False) -> dict[str, object]:
    return {"title": title, "text": text, "url": f"/office/{path}", "is_done": is_done}

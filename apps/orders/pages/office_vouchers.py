"""The back office: vouchers, and the orders that they counted for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.orders.forms.office import SearchForm
from apps.orders.forms.office_vouchers import VoucherForm, percent_text, voucher_initial
from apps.orders.models.vouchers import Voucher
from apps.orders.pages.office_rows import NOTHING, REFUSED
from apps.orders.pages.office_settings import posted
from apps.orders.selectors.shop import present_settings
from apps.orders.selectors.vouchers import find_voucher, uses_of, vouchers_matching
from apps.orders.services import vouchers as services
from contracts.rights import Right
from kernel import clock
from kernel.errors import DomainError, NotFoundError
from kernel.http.paging import KeysetPagination, Page, page_of
from kernel.http.principals import actor_of, right_required

VOUCHERS = "/office/vouchers/"
USES_SHOWN = 50


class OfficeVouchers(KeysetPagination):
    """All vouchers, newest first."""

    page_size = 25
    orderings = {"newest": ("-created_at", "-id")}
    default_ordering = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherRow:
    """One voucher with what its row says besides."""

    voucher: Voucher
    percent: str
    state: str


@never_cache
@require_safe
@right_required(Right.SETTINGS)
def vouchers(request: HttpRequest) -> HttpResponse:
    """List the vouchers with how often each was used."""
    form, now = SearchForm(request.GET), clock.now()
    page, status = _page(request, form)
    context = {
        "form": form,
        "rows": [_row(voucher, now=now) for voucher in page.results],
        "page": page,
        "is_narrowed": bool(request.GET.get("q")),
    }
    return render(request, "orders/office/vouchers.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.SETTINGS)
def voucher_new(request: HttpRequest) -> HttpResponse:
    """Ask for a new voucher, and give it out."""
    form = VoucherForm(posted(request), currency=present_settings().currency)
    if form.is_valid():
        try:
            voucher = services.add_voucher(wish=form.as_wish(), actor=actor_of(request), now=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("“%(code)s” is given out.") % {"code": voucher.code})
            return redirect(VOUCHERS)
    context = {"form": form, "currency": form.currency}
    return render(request, "orders/office/voucher.html", context, status=REFUSED if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.SETTINGS)
def voucher_edit(request: HttpRequest, voucher_id: UUID) -> HttpResponse:
    """Show a voucher to be changed and the orders it counted for, and change it."""
    voucher = _found(voucher_id)
    form = VoucherForm(posted(request), initial=voucher_initial(voucher), currency=present_settings().currency)
    if form.is_valid():
        try:
            services.change_voucher(
                voucher_id=voucher_id,
                wish=form.as_wish(),
                actor=actor_of(request),
                now=clock.now(),
                version=form.cleaned_data["version"],
            )
        except DomainError as error:
            form.refuse_stale(error, current=_found(voucher_id).version)
        else:
            messages.success(request, _("The voucher is saved."))
            return redirect(VOUCHERS)
    return _shown(request, voucher, form=form)


@require_POST
@right_required(Right.SETTINGS)
def voucher_switch(request: HttpRequest, voucher_id: UUID) -> HttpResponse:
    """Switch a voucher on or off."""
    _found(voucher_id)
    is_active = request.POST.get("is_active") == "on"
    voucher = services.switch_voucher(
        voucher_id=voucher_id, is_active=is_active, actor=actor_of(request), now=clock.now()
    )
    text = _("“%(code)s” counts again.") if is_active else _("“%(code)s” is switched off.")
    messages.success(request, text % {"code": voucher.code})
    return redirect("orders:office_voucher_edit", voucher_id)


@require_POST
@right_required(Right.SETTINGS)
def voucher_delete(request: HttpRequest, voucher_id: UUID) -> HttpResponse:
    """Remove a voucher that was never redeemed."""
    voucher = _found(voucher_id)
    try:
        services.remove_voucher(voucher_id=voucher_id, actor=actor_of(request))
    except services.VoucherInUseError as error:
        messages.error(request, error.message)
        return redirect("orders:office_voucher_edit", voucher_id)
    messages.success(request, _("“%(code)s” is deleted.") % {"code": voucher.code})
    return redirect(VOUCHERS)


def _shown(request: HttpRequest, voucher: Voucher, *, form: VoucherForm) -> HttpResponse:
    uses = list(uses_of(voucher.id)[: USES_SHOWN + 1])
    context = {
        "form": form,
        "currency": form.currency,
        "row": _row(voucher, now=clock.now()),
        "voucher": voucher,
        "uses": uses[:USES_SHOWN],
        "has_more": len(uses) > USES_SHOWN,
    }
    return render(request, "orders/office/voucher.html", context, status=REFUSED if form.errors else 200)


def _page(request: HttpRequest, form: SearchForm) -> tuple[Page, int]:
    if not form.is_valid():
        return NOTHING, 400
    params = {name: request.GET[name] for name in ("cursor",) if request.GET.get(name)}
    found = vouchers_matching(form.cleaned_data["q"])
    try:
        return page_of(found, params=params, url=request.get_full_path(), pages=OfficeVouchers), 200
    except DomainError as error:
        form.add_error(None, error.message)
        return NOTHING, error.status


def _row(voucher: Voucher, *, now: datetime) -> VoucherRow:
    return VoucherRow(voucher=voucher, percent=percent_text(voucher), state=_state(voucher, now=now))


def _state(voucher: Voucher, *, now: datetime) -> str:
    """Return where a voucher stands, the plainest reason first."""
    states = {
        "off": not voucher.is_active,
        "over": voucher.valid_until is not None and now >= voucher.valid_until,
        "used_up": voucher.limit is not None and voucher.used >= voucher.limit,
        "later": voucher.valid_from is not None and now < voucher.valid_from,
    }
    return next((state for state, is_so in states.items() if is_so), "on")


def _found(voucher_id: UUID) -> Voucher:
    try:
        return find_voucher(voucher_id)
    except NotFoundError as error:
        raise Http404 from error

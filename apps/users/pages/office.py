"""The back office: people with an account, what they bought, and what they may do."""

from dataclasses import dataclass
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

from apps.users import rules, selectors
from apps.users.forms import CustomerFilters, RoleForm
from apps.users.models import User
from apps.users.services import accounts, tokens
from contracts.orders import CustomerFigures, Orders
from contracts.rights import Right
from integrations.authentication.reauthentication import fresh_proof_required
from kernel import clock
from kernel.actors import Actor, Role
from kernel.errors import DomainError
from kernel.http.paging import KeysetPagination, Page, page_of
from kernel.http.principals import actor_of, right_required, super_user_required
from kernel.rpc import client

NEWEST = 10
REFUSED = 422
NOTHING = Page(results=[], next_url=None, previous_url=None, count=None, count_is_capped=False)
ACTIVE = {"active": True, "off": False}


class Accounts(KeysetPagination):
    """All accounts, newest first."""

    page_size = 25
    orderings = {"newest": ("-date_joined", "-id")}
    default_ordering = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRow:
    """One account with what it bought."""

    user: User
    figures: CustomerFigures | None


@never_cache
@require_safe
@right_required(Right.CUSTOMERS)
def customer_list(request: HttpRequest) -> HttpResponse:
    """Show all accounts, narrowed by what stands in the address."""
    form = CustomerFilters(request.GET)
    page, status = _page(request, form)
    context = {
        "form": form,
        "rows": _rows(page.results, actor=actor_of(request)),
        "page": page,
        "summary": _summary(page),
        "tabs": _tabs(request.GET),
        "is_narrowed": bool(request.GET.get("q") or request.GET.get("tab")),
    }
    return render(request, "users/office/list.html", context, status=status)


@never_cache
@require_safe
@right_required(Right.CUSTOMERS)
def customer(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Show one account."""
    return _draw(request, _found(request, user_id))


@require_POST
@super_user_required
@fresh_proof_required
def give_role(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Change what somebody may do."""
    shown, form = _found(request, user_id), RoleForm(request.POST)
    if form.is_valid():
        role = Role(form.cleaned_data["role"])
        try:
            accounts.change_user_by_staff(user_id=user_id, role=role, actor=actor_of(request), now=clock.now())
        except DomainError as error:
            form.add_error("role", error.message)
        else:
            messages.success(request, _("The role is changed."))
            return redirect(_address(user_id))
    return _draw(request, shown, role_form=form, status=REFUSED)


@require_POST
@right_required(Right.CUSTOMERS)
def switch(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Switch an account off or on."""
    _found(request, user_id)
    is_active = request.POST.get("active") == "yes"
    try:
        accounts.change_user_by_staff(user_id=user_id, is_active=is_active, actor=actor_of(request), now=clock.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The account is on.") if is_active else _("The account is off, and signed out."))
    return redirect(_address(user_id))


@require_POST
@right_required(Right.CUSTOMERS)
def sign_out(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """End every session of an account."""
    _found(request, user_id)
    try:
        accounts.end_sessions(user_id=user_id, actor=actor_of(request), now=clock.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The person is signed out everywhere."))
    return redirect(_address(user_id))


@require_POST
@right_required(Right.CUSTOMERS)
def revoke_tokens(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Lock out every program of an account."""
    _found(request, user_id)
    try:
        tokens.revoke_tokens_of(user_id=user_id, actor=actor_of(request), now=clock.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The access tokens are revoked."))
    return redirect(_address(user_id))


def _draw(request: HttpRequest, shown: User, *, role_form: RoleForm | None = None, status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "customer": shown,
        "groups": list(shown.permission_groups.order_by("name", "id")),
        "addresses": list(selectors.addresses_of(shown.id)),
        "token_count": shown.access_tokens.count(),
        "may_change": _may_change(actor, shown),
        "role_form": role_form or RoleForm(initial={"role": shown.granted_role.value}),
        "may_give_role": actor.is_super_user and actor.id != shown.id,
    }
    if actor.may(Right.ORDERS):
        figures = client(Orders).figures(customer_ids=[shown.id])
        context["figures"] = figures[0] if figures else None
        context["orders"] = client(Orders).recent_orders(customer_id=shown.id, limit=NEWEST)
    return render(request, "users/office/customer.html", context, status=status)


def _may_change(actor: Actor, shown: User) -> bool:
    return actor.id != shown.id and rules.may_change_account(
        actor, target=shown.granted_role, has_rights=shown.has_rights
    )


def _found(request: HttpRequest, user_id: UUID) -> User:
    shown = selectors.visible_users(actor_of(request)).filter(id=user_id).first()
    if shown is None:
        raise Http404
    return shown


def _page(request: HttpRequest, form: CustomerFilters) -> tuple[Page, int]:
    if not form.is_valid():
        return NOTHING, 400
    found = selectors.visible_users(
        actor_of(request), search=form.cleaned_data["q"].strip(), is_active=ACTIVE.get(form.cleaned_data["tab"])
    )
    params = {"count": "true"} | {name: request.GET[name] for name in ("cursor",) if request.GET.get(name)}
    try:
        return page_of(found, params=params, url=request.get_full_path(), pages=Accounts), 200
    except DomainError as error:
        form.add_error(None, error.message)
        return NOTHING, error.status


def _rows(users: list[User], *, actor: Actor) -> list[CustomerRow]:
    """Return the rows; one question to the orders service, however many there are."""
    if not users or not actor.may(Right.ORDERS):
        return [CustomerRow(user=user, figures=None) for user in users]
    figures = {found.customer_id: found for found in client(Orders).figures(customer_ids=[user.id for user in users])}
    return [CustomerRow(user=user, figures=figures.get(user.id)) for user in users]


def _summary(page: Page) -> str:
    if page.count is None:
        return ""
    if page.count_is_capped:
        return _("more than %(count)s accounts") % {"count": f"{page.count:,}"}
    return ngettext("%(count)s account", "%(count)s accounts", page.count) % {"count": f"{page.count:,}"}


def _tabs(query: QueryDict) -> list[dict[str, Any]]:
    chosen, tabs = query.get("tab", ""), []
    for name, label in (("", _("All")), ("active", _("Switched on")), ("off", _("Switched off"))):
        address = QueryDict(mutable=True)
        address.update({key: value for key, value in {"tab": name, "q": query.get("q", "")}.items() if value})
        tabs.append({"label": label, "url": "?" + address.urlencode(), "is_current": chosen == name})
    return tabs


def _address(user_id: UUID) -> str:
    return reverse("users:office_customer", args=[user_id])

"""The account pages: overview, profile and addresses."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.users import selectors
from apps.users.forms import AddressForm, ProfileForm
from apps.users.services import accounts, addresses
from contracts.orders import Orders
from kernel import clock
from kernel.errors import DomainError
from kernel.http.principals import actor_of, signed_in_required
from kernel.rpc import client

NEWEST = 5
REFUSED = 422


@require_GET
@signed_in_required
def dashboard(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    assert actor.id is not None
    context = {
        "orders": client(Orders).recent_orders(customer_id=actor.id, limit=NEWEST),
        "default_address": selectors.own_addresses(actor).first(),
    }
    return render(request, "users/dashboard.html", context)


@require_http_methods(["GET", "POST"])
@signed_in_required
def profile(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    assert actor.id is not None
    account = selectors.visible_users(actor).get(id=actor.id)
    form = ProfileForm(request.POST or None, instance=account)
    if request.method == "POST" and form.is_valid():
        accounts.update_profile(user_id=actor.id, name=form.cleaned_data["name"], actor=actor, now=clock.now())
        messages.success(request, _("Your profile is saved."))
        return redirect("users:profile")
    return render(request, "users/profile.html", {"form": form}, status=REFUSED if form.errors else 200)


@require_GET
@signed_in_required
def address_list(request: HttpRequest) -> HttpResponse:
    return render(request, "users/addresses.html", {"addresses": selectors.own_addresses(actor_of(request))})


@require_http_methods(["GET", "POST"])
@signed_in_required
def address_new(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    form = AddressForm(request.POST or None, home_country=client(Orders).shop().country)
    if request.method == "POST" and form.is_valid():
        try:
            addresses.add_address(
                address=form.postal_address(), is_default=form.wants_default(), actor=actor, now=clock.now()
            )
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("The address is saved."))
            return redirect("users:addresses")
    return render(request, "users/address_form.html", {"form": form}, status=REFUSED if form.errors else 200)


@require_http_methods(["GET", "POST"])
@signed_in_required
def address_edit(request: HttpRequest, address_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    saved = get_object_or_404(selectors.own_addresses(actor), id=address_id)
    form = AddressForm(request.POST or None, instance=saved)
    if request.method == "POST" and form.is_valid():
        addresses.change_address(
            address_id=address_id,
            address=form.postal_address(),
            is_default=form.wants_default(),
            actor=actor,
            now=clock.now(),
        )
        messages.success(request, _("The address is saved."))
        return redirect("users:addresses")
    context = {"form": form, "address": saved}
    return render(request, "users/address_form.html", context, status=REFUSED if form.errors else 200)


@require_POST
@signed_in_required
def address_delete(request: HttpRequest, address_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    saved = get_object_or_404(selectors.own_addresses(actor), id=address_id)
    addresses.delete_address(address_id=saved.id, actor=actor)
    messages.success(request, _("The address is deleted."))
    return redirect("users:addresses")


@require_POST
@signed_in_required
def address_default(request: HttpRequest, address_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    saved = get_object_or_404(selectors.own_addresses(actor), id=address_id)
    addresses.choose_default_address(address_id=saved.id, actor=actor, now=clock.now())
    messages.success(request, _("This is your default address now."))
    return redirect("users:addresses")

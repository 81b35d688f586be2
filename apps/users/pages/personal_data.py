"""A person's own data: taken along as a file, or erased for good; by staff, too."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from apps.users import selectors
from apps.users.forms import ErasureForm
from apps.users.models import User
from apps.users.services import erasure
from apps.users.views.data_files import data_file
from contracts.rights import Right
from integrations.authentication.reauthentication import fresh_proof_required
from kernel import clock
from kernel.errors import DomainError
from kernel.http.principals import actor_of, right_required, signed_in_required

REFUSED = 422


@require_GET
@signed_in_required
def your_data(request: HttpRequest) -> HttpResponse:
    """Show what can be done."""
    return render(request, "users/data.html")


@never_cache
@require_GET
@signed_in_required
def download(request: HttpRequest) -> HttpResponse:
    """Give the file."""
    actor = actor_of(request)
    assert actor.id is not None
    return data_file(user_id=actor.id)


@never_cache
@require_http_methods(["GET", "POST"])
@signed_in_required
@fresh_proof_required
def erase(request: HttpRequest) -> HttpResponse:
    """Erase one's own account, once the person has shown again who it is and typed the address."""
    actor = actor_of(request)
    assert actor.id is not None
    account = selectors.visible_users(actor).get(id=actor.id)
    form = ErasureForm(request.POST or None, account=account)
    if _erased(request, form, account):
        logout(request)
        messages.success(request, _("Your account is erased."))
        return redirect("/")
    context = {"form": form, "refusal": erasure.refusal(user_id=account.id, actor=actor)}
    return render(request, "users/data_erase.html", context, status=REFUSED if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@right_required(Right.CUSTOMERS)
@fresh_proof_required
def erase_customer(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Erase a customer's account."""
    account = get_object_or_404(selectors.visible_users(actor_of(request)), id=user_id)
    form = ErasureForm(request.POST or None, account=account)
    if _erased(request, form, account):
        messages.success(request, _("The account is erased."))
        return redirect("users:office_customers")
    refusal = erasure.refusal(user_id=account.id, actor=actor_of(request))
    context = {"form": form, "customer": account, "refusal": refusal}
    return render(request, "users/office/erase.html", context, status=REFUSED if form.errors else 200)


def _erased(request: HttpRequest, form: ErasureForm, account: User) -> bool:
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        erasure.erase_account(user_id=account.id, actor=actor_of(request), now=clock.now())
    except DomainError as error:
        form.add_error(None, error.message)
        return False
    return True

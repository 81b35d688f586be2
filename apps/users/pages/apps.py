"""Connected programs: those that admins connect, and those that a person let into the account."""

from typing import Any

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.users import selectors
from apps.users.forms import PROGRAM_CHOICES, ProgramForm
from apps.users.services import clients, grants
from contracts.rights import Right
from integrations.authentication.reauthentication import fresh_proof_required, fresh_proof_to_change
from kernel import clock
from kernel.errors import DomainError
from kernel.http.paging import KeysetPagination, page_of
from kernel.http.principals import actor_of, right_required, signed_in_required

REFUSED = 422
LIST = "users:office_apps"
NEW_PROGRAM = {
    "is_confidential": True,
    "acts_for_people": True,
    "keeps_access": True,
    "scopes": ["openid", "profile", "email"],
}


class Programs(KeysetPagination):
    """All programs, newest first."""

    page_size = 25
    orderings = {"newest": ("-created_at", "-id")}
    default_ordering = "newest"


@never_cache
@require_safe
@right_required(Right.SETTINGS)
def app_list(request: HttpRequest) -> HttpResponse:
    """List the programs that admins connected."""
    params = {name: request.GET[name] for name in ("cursor",) if request.GET.get(name)}
    try:
        page = page_of(selectors.oauth_clients(), params=params, url=request.get_full_path(), pages=Programs)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect(LIST)
    rows = [{"client": client, "program": clients.described(client)} for client in page.results]
    return render(request, "users/office/apps.html", {"rows": rows, "page": page})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.SETTINGS)
@fresh_proof_required
def app_new(request: HttpRequest) -> HttpResponse:
    """Connect a program; the answer shows its secret, and no other page ever does."""
    form = ProgramForm(request.POST or None, is_new=True, initial=NEW_PROGRAM)
    if request.method == "POST" and form.is_valid():
        wanted = clients.Wanted(**form.cleaned_data | {"scopes": tuple(form.cleaned_data["scopes"])})
        try:
            client, secret = clients.connect_program(wanted=wanted, actor=actor_of(request), now=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            return _draw_once(request, client, secret)
    return render(request, "users/office/app_new.html", {"form": form}, status=REFUSED if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.SETTINGS)
@fresh_proof_to_change
def app(request: HttpRequest, client_id: str) -> HttpResponse:
    """Show a program and change it."""
    client = _found(client_id)
    program = clients.described(client)
    if request.method != "POST":
        return _draw(request, client, ProgramForm(is_new=False, initial=_typed(program)))
    form = ProgramForm(request.POST, is_new=False)
    if form.is_valid():
        said = form.cleaned_data | {"scopes": tuple(form.cleaned_data["scopes"])}
        wanted = clients.Wanted(**said, is_confidential=program.is_confidential)
        try:
            clients.change_program(client_id=client.id, wanted=wanted, actor=actor_of(request), now=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The program is saved."))
            return redirect(_address(client.id))
    return _draw(request, client, form)


@never_cache
@require_POST
@right_required(Right.SETTINGS)
@fresh_proof_required
def app_secret(request: HttpRequest, client_id: str) -> HttpResponse:
    """Give a program another secret, and show it once."""
    client = _found(client_id)
    try:
        client, secret = clients.rotate_secret(client_id=client.id, actor=actor_of(request), now=clock.now())
    except DomainError as error:
        messages.error(request, error.message)
        return redirect(_address(client_id))
    return _draw_once(request, client, secret)


@require_POST
@right_required(Right.SETTINGS)
def app_delete(request: HttpRequest, client_id: str) -> HttpResponse:
    """Disconnect a program."""
    client = _found(client_id)
    clients.disconnect_program(client_id=client.id, actor=actor_of(request), now=clock.now())
    messages.success(request, _("“%(name)s” is disconnected, and its tokens have ended.") % {"name": client.name})
    return redirect(LIST)


@never_cache
@require_safe
@signed_in_required
def allowed_list(request: HttpRequest) -> HttpResponse:
    """Show a person which programs may act for him."""
    user_id = actor_of(request).id
    held = selectors.programs_of(user_id, now=clock.now()) if user_id else []
    rows = [
        {"program": program, "may": [text for scope, text in PROGRAM_CHOICES if scope in program.scopes]}
        for program in held
    ]
    return render(request, "users/apps.html", {"rows": rows})


@require_POST
@signed_in_required
def allowed_withdraw(request: HttpRequest, client_id: str) -> HttpResponse:
    """Take back what a program may do."""
    try:
        grants.withdraw(client_id=client_id, actor=actor_of(request))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The program has no access to your account any more."))
    return redirect("users:apps")


def _draw(request: HttpRequest, client: Client, form: ProgramForm) -> HttpResponse:
    context = {"client": client, "program": clients.described(client), "form": form, "server": settings.PUBLIC_URL}
    return render(request, "users/office/app.html", context, status=REFUSED if form.errors else 200)


def _draw_once(request: HttpRequest, client: Client, secret: str) -> HttpResponse:
    context = {"client": client, "secret": secret, "server": settings.PUBLIC_URL}
    return render(request, "users/office/app_secret.html", context)


def _typed(program: clients.Wanted) -> dict[str, Any]:
    return {name: getattr(program, name) for name in ProgramForm.base_fields}


def _found(client_id: str) -> Client:
    client = selectors.oauth_client(client_id).first()
    if client is None:
        raise Http404
    return client


def _address(client_id: str) -> str:
    return reverse("users:office_app", args=[client_id])

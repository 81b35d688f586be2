"""The account page of personal access tokens: made once the person has proven again who he is, and shown once."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.users import rules, selectors
from apps.users.forms import NewTokenForm
from apps.users.services import tokens
from contracts.rights import SCOPES
from integrations.authentication.reauthentication import fresh_proof_required
from kernel import clock
from kernel.errors import DomainError
from kernel.http.principals import actor_of, signed_in_required

REFUSED = 422


@require_safe
@signed_in_required
def token_list(request: HttpRequest) -> HttpResponse:
    """Show the tokens, but for their text."""
    now = clock.now()
    rows = [
        {
            "token": token,
            "may": [SCOPES[scope] for scope in SCOPES if scope in token.scope_set],
            "is_over": token.expires_at <= now,
        }
        for token in selectors.own_tokens(actor_of(request))
    ]
    return render(request, "users/tokens.html", {"rows": rows, "prefix": rules.TOKEN_PREFIX})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
@fresh_proof_required
def token_new(request: HttpRequest) -> HttpResponse:
    """Make a token; the answer shows it, and no other page ever does."""
    actor = actor_of(request)
    form = NewTokenForm(request.POST or None, scopes=rules.usable_scopes(actor))
    if request.method == "POST" and form.is_valid():
        try:
            made = tokens.create_token(**form.cleaned_data, actor=actor, now=clock.now())
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            return render(request, "users/token_made.html", {"token": made.token, "text": made.text})
    return render(request, "users/token_form.html", {"form": form}, status=REFUSED if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_required
def token_revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """Ask whether a token is to go, and revoke it."""
    actor = actor_of(request)
    token = get_object_or_404(selectors.own_tokens(actor), id=token_id)
    if request.method != "POST":
        return render(request, "users/token_revoke.html", {"token": token})
    tokens.revoke_token(token_id=token.id, actor=actor, now=clock.now())
    messages.success(request, _("The token is revoked. Programs that use it are locked out."))
    return redirect("users:tokens")

"""Doors of the OAuth server that stand before allauth's own: what they add is said at each."""

import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from allauth.core.exceptions import ReauthenticationRequired
from allauth.idp.oidc.forms import RPInitiatedLogoutForm
from allauth.idp.oidc.views import AuthorizationView, LogoutView, TokenView
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import BadRequest, ValidationError
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from oauthlib.oauth2.rfc6749 import errors

from apps.users import rules, selectors
from apps.users.services.grants import end_program_session
from contracts.rights import SCOPES
from integrations.authentication.allauth_internals import (
    check_authorization_request,
    forged_answer,
    forget_validation,
    oauth_error_page,
)
from integrations.authentication.provider_grants import has_proved_lately, is_too_long_ago
from kernel.http.security import CSP, policy_text
from kernel.topology import database_of
from kernel.transactions import in_transaction

BAD_REQUEST, OK, FOUND = 400, 200, 302
BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
Door = Callable[[HttpRequest], HttpResponse]


class Authorize(AuthorizationView):
    """Asks a person whether a program may act for him.

    Added: what is wrong with the request is said before anybody signs in; max_age; who lends more than his name has just
    proved to be himself, for what he allows outlives the session; the policy of contents lets the form lead to the
    program; ``iss`` in the answer (RFC 9207), so that a program with several servers is not confused.
    """

    http_method_names = ("get", "post")  # HEAD would be judged by neither

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().get(request, *args, **kwargs)
        if response.status_code == OK and not isinstance(response, TemplateResponse):
            response.status_code = BAD_REQUEST
        return _signed_by_us(response)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "request" in request.POST and request.GET:  # an answer says in its address nothing more about the question
            raise BadRequest
        is_lending = request.POST.get("action") == "grant" and _lends(request.POST.getlist("scopes"))
        if is_lending and request.user.is_authenticated and not has_proved_lately(request):
            refused = forged_answer(request)  # before it is kept: what is kept is answered without another look
            if refused is not None:
                return refused
            raise ReauthenticationRequired
        return _signed_by_us(super().post(request, *args, **kwargs))

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().render_to_response(context, **kwargs)
        return _with_way_to(response, self._request_info["redirect_uri"])

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        if not selectors.oauth_clients().filter(id=self._request_info["client_id"]).exists():
            raise Http404  # disconnected while the person looked at the question
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = super().get_context_data(**kwargs)
        address = self._request_info["redirect_uri"]
        return {**shown, "leads_to": rules.origin_of(address), "meanings": dict(shown["form"].fields["scopes"].choices)}

    def _login_required(self, request: HttpRequest) -> HttpResponse | None:
        response: HttpResponse | None = super()._login_required(request)
        if request.method != "GET":
            return response
        if response is not None:
            return _refusal(request) or response
        is_silent = "none" in request.GET.get("prompt", "").split()
        if request.user.is_authenticated and not is_silent and _has_to_prove_again(request):
            return _refusal(request) or _prove_again(request)
        return None


class Token(TokenView):
    """Gives tokens.

    Added: all in one transaction of the users' database, so that of two exchanges at the same time one wins, and what
    ends with a replay stays ended; one audience, whatever ``resource`` says.
    """

    def post(self, request: HttpRequest) -> HttpResponse:
        if set(request.POST.getlist("resource")) - {settings.PUBLIC_URL}:
            return JsonResponse({"error": "invalid_target"}, status=BAD_REQUEST)
        forward = super().post

        def give() -> HttpResponse:
            forget_validation(request)
            given: HttpResponse = forward(request)
            return given

        return in_transaction(database_of("users"), give)


class ExactLogoutForm(RPInitiatedLogoutForm):
    """Sends people on to registered addresses only: allauth takes any of the same origin."""

    def clean(self) -> dict[str, Any] | None:
        asked = self.cleaned_data.get("post_logout_redirect_uri")
        cleaned: dict[str, Any] | None = super().clean()
        client = (cleaned or {}).get("client")
        if asked and (client is None or asked not in client.get_post_logout_redirect_uris()):
            raise ValidationError(_("This program may not send you on to that address."))
        return cleaned


class SignOut(LogoutView):
    """Signs a person out when a program asks for it.

    Added: what the program exchanges at that very moment, or kept back, ends as well.
    """

    form_class = ExactLogoutForm

    def _handle(self, form: RPInitiatedLogoutForm, op_logout: bool) -> HttpResponse:  # noqa: FBT001 - allauth's signature
        client, user_id = form.cleaned_data["client"], self.request.user.pk
        if client is not None and user_id is not None:
            end_program_session(client_id=client.id, user_id=user_id)
        response: HttpResponse = super()._handle(form, op_logout)
        return response

    def form_invalid(self, form: RPInitiatedLogoutForm) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        response.status_code = BAD_REQUEST
        return response

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().render_to_response(context, **kwargs)
        leads_to = context["form"].cleaned_data.get("post_logout_redirect_uri")
        return _with_way_to(response, leads_to) if leads_to else response


def well_formed(door: Door) -> Door:
    """Refuse an address that oauthlib and allauth would stumble over."""

    @wraps(door)
    def checked(request: HttpRequest) -> HttpResponse:
        if BAD_ESCAPE.search(request.META["QUERY_STRING"]):
            raise BadRequest
        try:
            _ = [urlsplit(address) for address in request.GET.getlist("resource")]
        except ValueError as error:
            raise BadRequest from error
        return door(request)

    return checked


def not_offered(_request: HttpRequest) -> HttpResponse:
    """Close a door: allauth's device pages take a confirmation without a CSRF token."""
    raise Http404


def _refusal(request: HttpRequest) -> HttpResponse | None:
    """Return what is wrong with a program's request; nothing when a person may be bothered with it."""
    try:
        check_authorization_request(request)
    except (errors.FatalClientError, ValidationError) as error:
        return oauth_error_page(request, error)
    except errors.OAuth2Error as error:
        response = HttpResponse(status=FOUND)
        response.headers["Location"] = error.in_uri(error.redirect_uri or "")
        return response
    finally:
        forget_validation(request)
    return None


def _has_to_prove_again(request: HttpRequest) -> bool:
    asks_for_more = _lends(request.GET.get("scope", "").split())
    return is_too_long_ago(request) or (asks_for_more and not has_proved_lately(request))


def _lends(scopes: Iterable[str]) -> bool:
    """Tell whether a program is to do more than to know who somebody is."""
    return not SCOPES.keys().isdisjoint(scopes)


def _prove_again(request: HttpRequest) -> HttpResponse:
    return redirect(f"{reverse('account_reauthenticate')}?{urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})}")


def _with_way_to(response: HttpResponse, address: str) -> HttpResponse:
    """Let the form of this page lead to one place more: browsers hold redirects to the policy, too."""
    response.headers[CSP] = policy_text({"form-action": f"'self' {rules.origin_of(address)}"})
    return response


def _signed_by_us(response: HttpResponse) -> HttpResponse:
    """Name this server in an answer that goes to a program."""
    address = response.headers.get("Location", "")
    if response.status_code == FOUND and not isinstance(response, HttpResponseRedirect):
        response.headers["Location"] = (
            address + ("&" if "?" in address else "?") + urlencode({"iss": settings.PUBLIC_URL})
        )
    return response

"""Pages and sign-in API of the mobile number, and the overview of the second factor."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from allauth.account.decorators import reauthentication_required
from allauth.account.forms import ChangePhoneForm, VerifyPhoneForm
from allauth.headless.account.views import ManagePhoneView
from allauth.headless.base.response import AuthenticationResponse
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.users.models import User
from apps.users.services.second_factor import LastSecondFactorError, remove_phone
from integrations.authentication.allauth_internals import (
    APIResponse,
    ChangePhoneVerificationProcess,
    require_reauthentication,
)
from integrations.authentication.refusing import refusal
from integrations.authentication.second_factor import SecondFactorUnreadableError
from integrations.sms.twilio import is_configured
from kernel import clock

REFUSED = 422
Page = Callable[[HttpRequest], HttpResponse]


def identity_confirmed(page: Page) -> Page:
    """Ask for the password or a factor again, unless that was lately."""
    return cast("Page", reauthentication_required(app="allauth.mfa")(page))


class SecondFactorView(IndexView):
    """What guards the account; whether text messages can be offered is ours to say."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        codes = context["authenticators"].get(Authenticator.Type.RECOVERY_CODES)
        return context | {"sends_texts": is_configured(), "recovery_codes_left": _left(codes)}


@require_http_methods(["GET", "POST"])
@identity_confirmed
def phone(request: HttpRequest) -> HttpResponse:
    """Ask for a number and send it a code."""
    if not is_configured():
        raise Http404
    user = cast("User", request.user)
    form = ChangePhoneForm(request.POST or None, user=user, phone=user.phone if user.phone_verified_at else None)
    if request.method == "POST" and form.is_valid():
        ChangePhoneVerificationProcess.initiate(request, form.cleaned_data["phone"])
        return redirect("second_factor_phone_confirm")
    return render(request, "mfa/phone.html", {"form": form}, status=REFUSED if form.errors else HTTPStatus.OK)


@require_http_methods(["GET", "POST"])
@identity_confirmed
def phone_confirm(request: HttpRequest) -> HttpResponse:
    """Ask for the code that was sent; the third wrong one ends the attempt."""
    process = ChangePhoneVerificationProcess.resume(request)
    if process is None:
        return redirect("second_factor_phone")
    form = VerifyPhoneForm(request.POST or None, user=request.user, phone=process.phone, code=process.code)
    if request.method == "POST":
        if form.is_valid():
            process.finish()
            return redirect("mfa_index")
        if not process.record_invalid_attempt():
            messages.error(request, _("Too many wrong codes. Ask for a new one."))
            return redirect("second_factor_phone")
    context = {"form": form, "phone": process.phone}
    return render(request, "mfa/phone_confirm.html", context, status=REFUSED if form.errors else HTTPStatus.OK)


@require_http_methods(["GET", "POST"])
@identity_confirmed
def phone_remove(request: HttpRequest) -> HttpResponse:
    """Ask once more, then forget the number."""
    user = cast("User", request.user)
    if user.phone_verified_at is None:
        return redirect("mfa_index")
    if request.method == "GET":
        return render(request, "mfa/phone_remove.html")
    return _removed(request) or redirect("mfa_index")


class PhoneView(ManagePhoneView):
    """django-allauth's view of the number, which can be removed, too."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in {"GET", "POST"} and not request.user.is_authenticated:
            return cast("HttpResponseBase", AuthenticationResponse(request))
        return cast("HttpResponseBase", super().dispatch(request, *args, **kwargs))

    def get_input_class(self) -> Any:
        return super().get_input_class() if self.request.method == "POST" else None

    def delete(self, request: HttpRequest) -> HttpResponse:
        require_reauthentication(request)
        return _removed(request) or cast("HttpResponse", APIResponse(request))


def _left(codes: Any) -> int:
    try:
        return len(codes.get_unused_codes()) if codes else 0
    except SecondFactorUnreadableError:
        return 0


def _removed(request: HttpRequest) -> HttpResponse | None:
    """Forget the number; return the answer if that is refused."""
    try:
        remove_phone(user_id=cast("User", request.user).id, now=clock.now())
    except LastSecondFactorError as error:
        return refusal(request, error)
    messages.success(request, _("Your mobile number is removed."))
    return None

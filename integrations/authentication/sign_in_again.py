"""A new proof for those who can give none here: who comes by another company's sign-in signs in once more."""

from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """Sign the person out, and lead back after the next sign-in."""
    if request.method != "POST":
        wanted = request.GET.get(REDIRECT_FIELD_NAME, "")
        return render(request, "account/sign_in_again.html", {"next": wanted if _is_here(wanted) else ""})
    wanted = request.POST.get(REDIRECT_FIELD_NAME, "")
    logout(request)
    after = urlencode({REDIRECT_FIELD_NAME: wanted if _is_here(wanted) else "/dashboard/"})
    return redirect(f"{reverse('account_login')}?{after}")


def _is_here(address: str) -> bool:
    return address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)

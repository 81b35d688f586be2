"""Django's admin: no password form of its own, and only for those who are admins now."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from apps.users.rules import STAFF_ROLES
from kernel.actors import Role


class GuardedAdminSite(AdminSite):
    """Sends people to the one sign-in page, which knows rate limits and every later factor."""

    site_header = site_title = "Saluhall"

    def has_permission(self, request: HttpRequest) -> bool:
        return getattr(request.user, "role", Role.ANONYMOUS) in STAFF_ROLES

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET" and getattr(request.user, "lacks_second_factor", False):
            return redirect(settings.SECOND_FACTOR_URL)
        guarded = secure_admin_login(super().login)
        answer: HttpResponse = guarded(request, extra_context)
        return answer

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Send people to the one page for that, which ends sessions and tells the owner by mail."""
        return redirect("account_change_password")

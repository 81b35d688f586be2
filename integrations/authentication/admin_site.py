"""Django's admin: no password form of its own, and only for those who hold staff rights now."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse


class GuardedAdminSite(AdminSite):
    """Sends people to the one sign-in page, which knows rate limits and every later factor."""

    site_header = site_title = "Saluhall"

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "privileged", False))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        guarded = secure_admin_login(super().login)
        answer: HttpResponse = guarded(request, extra_context)
        return answer

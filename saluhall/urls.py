"""Every address: each service's own, below one API and one site."""

from importlib import import_module

from django.contrib import admin
from django.urls import include, path

from kernel.events import urls as events
from kernel.http.media import media
from kernel.topology import local_services

_services = [import_module(f"apps.{service}.urls") for service in local_services()]

handler400 = "kernel.http.pages.bad_request"
handler403 = "kernel.http.pages.forbidden"
handler404 = "kernel.http.pages.not_found"
handler500 = "kernel.http.pages.failed"

urlpatterns = [
    path("api/v1/", include("api.urls")),
    path("api/v1/", include("integrations.authentication.urls")),
    *(path("api/v1/", include(service.api)) for service in (*_services, events)),
    path("", include("integrations.authentication.second_factor_urls")),
    path("_allauth/", include("allauth.headless.urls")),
    path("", include("integrations.authentication.provider_urls")),
    path("", include("allauth.idp.urls")),
    path("admin/", admin.site.urls),
    *(path("", include(service.pages)) for service in (*_services, events)),
    path("accounts/", include("integrations.authentication.social_urls")),
    path("accounts/", include("allauth.urls")),
    path("media/<path:path>", media, name="media"),
]

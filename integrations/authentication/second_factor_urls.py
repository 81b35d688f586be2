"""Addresses of the second factor that django-allauth does not have, or that we answer in its place."""

from allauth.headless.constants import Client
from django.contrib.auth.decorators import login_required
from django.urls import path

from integrations.authentication import phone_pages
from integrations.authentication.sign_in_again import sign_in_again

urlpatterns = [
    path("accounts/2fa/", login_required(phone_pages.SecondFactorView.as_view())),
    path("accounts/sign-in-again/", sign_in_again, name="sign_in_again"),
    path("accounts/2fa/phone/", phone_pages.phone, name="second_factor_phone"),
    path("accounts/2fa/phone/confirm/", phone_pages.phone_confirm, name="second_factor_phone_confirm"),
    path("accounts/2fa/phone/remove/", phone_pages.phone_remove, name="second_factor_phone_remove"),
    *(
        path(f"_allauth/{kind.value}/v1/account/phone", phone_pages.PhoneView.as_api_view(client=kind))
        for kind in (Client.APP, Client.BROWSER)
    ),
]

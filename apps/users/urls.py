"""Addresses of the users service: ``api`` below /api/v1/, ``pages`` below /."""

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from apps.users.pages import account, office
from apps.users.views.accounts import UserViewSet
from apps.users.views.addresses import AddressViewSet
from apps.users.views.tokens import TokenViewSet

router = SimpleRouter()
router.register("users", UserViewSet, basename="user")
router.register("addresses", AddressViewSet, basename="address")
router.register("tokens", TokenViewSet, basename="token")

_pages = [
    path("dashboard/", account.dashboard, name="dashboard"),
    path("accounts/profile/", account.profile, name="profile"),
    path("accounts/sessions/end/", account.end_other_sessions, name="end_other_sessions"),
    path("accounts/addresses/", account.address_list, name="addresses"),
    path("accounts/addresses/new/", account.address_new, name="address_new"),
    path("accounts/addresses/<uuid:address_id>/", account.address_edit, name="address_edit"),
    path("accounts/addresses/<uuid:address_id>/delete/", account.address_delete, name="address_delete"),
    path("accounts/addresses/<uuid:address_id>/default/", account.address_default, name="address_default"),
    path("office/customers/", office.customer_list, name="office_customers"),
    path("office/customers/<uuid:user_id>/", office.customer, name="office_customer"),
    path("office/customers/<uuid:user_id>/role/", office.give_role, name="office_role"),
    path("office/customers/<uuid:user_id>/switch/", office.switch, name="office_switch"),
    path("office/customers/<uuid:user_id>/sign-out/", office.sign_out, name="office_sign_out"),
]

api: list[URLPattern | URLResolver] = [*router.urls]
pages: list[URLPattern | URLResolver] = [path("", include((_pages, "users")))]

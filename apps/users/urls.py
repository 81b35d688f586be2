"""Addresses of the users service: ``api`` below /api/v1/, ``pages`` below /."""

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from apps.users.pages import account, apps, audit, groups, office, personal_data, sessions, tokens
from apps.users.views.accounts import UserViewSet
from apps.users.views.addresses import AddressViewSet
from apps.users.views.audit import AuditViewSet
from apps.users.views.clients import OAuthClientViewSet
from apps.users.views.groups import GroupViewSet
from apps.users.views.tokens import TokenViewSet

router = SimpleRouter()
router.register("users", UserViewSet, basename="user")
router.register("addresses", AddressViewSet, basename="address")
router.register("groups", GroupViewSet, basename="group")
router.register("tokens", TokenViewSet, basename="token")
router.register("audit", AuditViewSet, basename="audit")
router.register("oauth-clients", OAuthClientViewSet, basename="oauth-client")

_pages = [
    path("dashboard/", account.dashboard, name="dashboard"),
    path("accounts/profile/", account.profile, name="profile"),
    path("accounts/sessions/end/", sessions.end_other_sessions, name="end_other_sessions"),
    path("accounts/sessions/<int:session_id>/end/", sessions.end_session, name="end_session"),
    path("accounts/addresses/", account.address_list, name="addresses"),
    path("accounts/addresses/new/", account.address_new, name="address_new"),
    path("accounts/addresses/<uuid:address_id>/", account.address_edit, name="address_edit"),
    path("accounts/addresses/<uuid:address_id>/delete/", account.address_delete, name="address_delete"),
    path("accounts/addresses/<uuid:address_id>/default/", account.address_default, name="address_default"),
    path("accounts/tokens/", tokens.token_list, name="tokens"),
    path("accounts/tokens/new/", tokens.token_new, name="token_new"),
    path("accounts/tokens/<uuid:token_id>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("accounts/data/", personal_data.your_data, name="data"),
    path("accounts/data/file/", personal_data.download, name="data_file"),
    path("accounts/data/erase/", personal_data.erase, name="data_erase"),
    path("accounts/apps/", apps.allowed_list, name="apps"),
    path("accounts/apps/<slug:client_id>/withdraw/", apps.allowed_withdraw, name="app_withdraw"),
    path("office/apps/", apps.app_list, name="office_apps"),
    path("office/apps/new/", apps.app_new, name="office_app_new"),
    path("office/apps/<slug:client_id>/", apps.app, name="office_app"),
    path("office/apps/<slug:client_id>/secret/", apps.app_secret, name="office_app_secret"),
    path("office/apps/<slug:client_id>/delete/", apps.app_delete, name="office_app_delete"),
    path("office/audit/", audit.entry_list, name="office_audit"),
    path("office/audit/<uuid:entry_id>/", audit.entry, name="office_audit_entry"),
    path("office/customers/", office.customer_list, name="office_customers"),
    path("office/customers/<uuid:user_id>/", office.customer, name="office_customer"),
    path("office/customers/<uuid:user_id>/role/", office.give_role, name="office_role"),
    path("office/customers/<uuid:user_id>/switch/", office.switch, name="office_switch"),
    path("office/customers/<uuid:user_id>/sign-out/", office.sign_out, name="office_sign_out"),
    path("office/customers/<uuid:user_id>/tokens/revoke/", office.revoke_tokens, name="office_revoke_tokens"),
    path("office/customers/<uuid:user_id>/erase/", personal_data.erase_customer, name="office_erase"),
    path("office/staff/", groups.group_list, name="office_staff"),
    path("office/staff/new/", groups.group_new, name="office_group_new"),
    path("office/staff/<uuid:group_id>/", groups.group, name="office_group"),
    path("office/staff/<uuid:group_id>/delete/", groups.group_delete, name="office_group_delete"),
    path("office/staff/<uuid:group_id>/members/", groups.member_add, name="office_member_add"),
    path(
        "office/staff/<uuid:group_id>/members/<uuid:user_id>/remove/",
        groups.member_remove,
        name="office_member_remove",
    ),
]

api: list[URLPattern | URLResolver] = [*router.urls]
pages: list[URLPattern | URLResolver] = [path("", include((_pages, "users")))]

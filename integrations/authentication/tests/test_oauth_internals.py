"""What of django-allauth's OAuth server ours is built on: an upgrade that moves any of it turns these red."""

import inspect

from allauth.core.internal import jwkkit
from allauth.idp.oidc import views
from allauth.idp.oidc.internal.oauthlib import authorization_codes, server
from allauth.idp.oidc.internal.oauthlib.utils import ValidatorContext
from django.conf import settings
from django.test import RequestFactory

from integrations.authentication import allauth_internals as ours
from integrations.authentication.provider_grants import GrantValidator

TOOK_OVER = {
    "_lookup_authorization_code",
    "_lookup_client",
    "_prep_access_token",
    "_prep_refresh_token",
    "_use_client",
    "authenticate_client",
    "finalize_id_token",
    "get_default_scopes",
    "get_original_scopes",
    "is_origin_allowed",
    "is_pkce_required",
    "revoke_token",
    "save_authorization_code",
    "save_bearer_token",
    "validate_code",
    "validate_redirect_uri",
    "validate_refresh_token",
    "validate_response_type",
    "validate_scopes",
    "validate_silent_authorization",
    "validate_user_match",
}


def test_every_request_is_judged_by_our_validator() -> None:
    assert isinstance(server.get_server().request_validator, GrantValidator)


def test_everything_that_we_judge_is_still_asked_for_by_that_name() -> None:
    assert set(vars(ours.OAuthLibRequestValidator)) >= TOOK_OVER
    assert {*vars(GrantValidator), "_use_client"} >= TOOK_OVER


def test_a_refresh_token_in_use_stands_where_we_look_for_it() -> None:
    assert {"refresh_token", "requested_resources"} <= set(inspect.signature(ValidatorContext).parameters)


def test_what_was_judged_is_forgotten_before_a_transaction_runs_again() -> None:
    from allauth.core import context

    request = RequestFactory().get("/")
    with context.request_context(request):
        first = ours.validation_context()
        ours.forget_validation(request)
        assert ours.validation_context() is not first


def test_codes_wait_in_the_cache_with_what_we_put_into_them() -> None:
    assert '"code": code' in inspect.getsource(authorization_codes.create)
    assert authorization_codes.cache_key("a", "b") != authorization_codes.cache_key("b", "a")


def test_keys_are_parsed_once_and_everybody_asks_by_the_module() -> None:
    assert jwkkit.load_jwk_from_pem(settings.JWT_PRIVATE_KEY) is jwkkit.load_jwk_from_pem(settings.JWT_PRIVATE_KEY)
    assert all("jwkkit.load_jwk_from_pem(" in inspect.getsource(module) for module in (server, views))


def test_basic_credentials_are_split_and_not_decoded_by_allauth() -> None:
    assert ours.extract_basic_auth({"Authorization": "Basic YSUyRDpi"}) == ("a%2D", "b")


def test_the_hooks_of_the_pages_are_still_there() -> None:
    assert {"_login_required", "get", "post", "get_context_data"} <= set(vars(views.AuthorizationView))
    assert "_request_info" in inspect.getsource(views.AuthorizationView.get)
    assert views.LogoutView.form_class is not None
    assert list(inspect.signature(views.LogoutView._handle).parameters) == ["self", "form", "op_logout"]
    assert "post" in vars(views.TokenView)

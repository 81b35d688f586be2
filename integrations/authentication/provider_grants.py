"""What our OAuth server grants: stricter than allauth where a stolen code, token or address would be of use."""

import re
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any
from urllib.parse import unquote_plus
from uuid import uuid4

from allauth.account.authentication import get_authentication_records
from allauth.account.decorators import reauthentication_required
from allauth.core import context
from allauth.core.exceptions import ReauthenticationRequired
from allauth.idp.oidc.models import Client, Token
from django.conf import settings
from django.http import HttpRequest
from oauthlib.oauth2.rfc6749 import errors
from oauthlib.openid.connect.core.exceptions import RequestNotSupported, RequestURINotSupported

from apps.users import rules, selectors
from apps.users.selectors import REGISTRATION, SENT_TO
from apps.users.services import grants
from apps.users.services.audit import record_event
from integrations.authentication.allauth_internals import (
    OAuthLibRequestValidator,
    extract_basic_auth,
    parse_keys_once,
    use_oauth_validator,
    validation_context,
)
from integrations.authentication.reauthentication import AHEAD_SECONDS
from kernel import clock
from kernel.actors import Role

CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
CODE = re.compile(r"[A-Za-z0-9_-]{1,128}")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""SHA-256 in base64url."""
AUTH_TIME = "auth_time"
GIVEN_AT = "given_at"
FRESH_SECONDS = 30
"""A younger sign-in is taken for one that was just made: max_age=0 could never be met otherwise."""

Request = Any
"""oauthlib's: what is known of a request grows while it is worked on."""


class GrantValidator(OAuthLibRequestValidator):
    """One is made for each request that oauthlib works on."""

    family = ""
    """Ties together all tokens that come of one permission."""

    def validate_redirect_uri(
        self,
        client_id: str,
        redirect_uri: str,
        request: Request,
        *_args: object,
        **_kwargs: object,
    ) -> bool:
        """Take an address as it was registered, to the letter."""
        return redirect_uri in request.client.get_redirect_uris()

    def validate_response_type(
        self, client_id: str, response_type: str, client: Client, request: Request, *args: object, **kwargs: object
    ) -> bool:
        _refuse_what_is_not_offered(request)
        request.claims = None  # not offered, so passed over: oauthlib answers nonsense there with a fault
        known = bool(super().validate_response_type(client_id, response_type, client, request, *args, **kwargs))
        return known and "authorization_code" in request.client.get_grant_types()

    def is_pkce_required(self, client_id: str, request: Request) -> bool:
        """Ask every program for PKCE, those with a secret too, and take nothing but S256."""
        if request.code_challenge is not None:
            if request.code_challenge_method != "S256":
                raise errors.UnsupportedCodeChallengeMethodError(request=request)
            if not CHALLENGE.fullmatch(request.code_challenge):
                raise errors.InvalidRequestError(description="The code challenge is no SHA-256.", request=request)
        return True

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Client, request: Request, *args: object, **kwargs: object
    ) -> bool:
        """Refuse nothing at all as much as too much; a program that acts for itself is no person."""
        if not scopes or (
            request.grant_type == "client_credentials" and set(rules.IDENTITY_SCOPES).intersection(scopes)
        ):
            return False
        return bool(super().validate_scopes(client_id, scopes, client, request, *args, **kwargs))

    def get_default_scopes(self, client_id: str, request: Request, *_args: object, **_kwargs: object) -> list[str]:
        """Give a program that acts for itself all that it was given; for people's data it must say what it wants."""
        if request.grant_type != "client_credentials":
            return []
        return [scope for scope in request.client.get_scopes() if scope not in rules.IDENTITY_SCOPES]

    def authenticate_client(self, request: Request, *_args: object, **_kwargs: object) -> bool:
        """Compare digests: secrets are random, so a slow hash would only cost us time."""
        client_id, secret = extract_basic_auth(request.headers)
        if client_id and secret:
            client_id, secret = unquote_plus(client_id), unquote_plus(secret)
        else:
            client_id, secret = request.client_id, request.client_secret
        client = self._lookup_client(request, client_id) if client_id and secret else None
        if client is None or client.type != Client.Type.CONFIDENTIAL:
            return False
        if not compare_digest(rules.secret_digest(secret), client.secret):
            record_event(action="program_refused", subject=("program", client.id), client=client.name, now=clock.now())
            return False
        self._use_client(request, client)
        return True

    def is_origin_allowed(
        self, client_id: str, origin: str, request: Request, *_args: object, **_kwargs: object
    ) -> bool:
        """Let a program without a secret run in a browser, where its redirect addresses are."""
        client = self._lookup_client(request, client_id)
        if client is None or client.type != Client.Type.PUBLIC:
            return False
        return origin in {rules.origin_of(address) for address in client.get_redirect_uris()}

    def save_authorization_code(
        self, client_id: str, code: dict[str, Any], request: Request, *args: object, **kwargs: object
    ) -> None:
        registration = rules.registration_of(request.client.data, request.redirect_uri)
        moments = {AUTH_TIME: signed_in_at(context.request), GIVEN_AT: clock.now().timestamp()}
        code = {**code, **moments, REGISTRATION: registration}
        super().save_authorization_code(client_id, code, request, *args, **kwargs)
        if context.request.method == "POST":  # somebody was asked, and said yes
            record_event(
                action="app_allowed",
                user_id=request.user.pk,
                label=request.user.email,
                subject=("program", client_id),
                after={"scopes": list(request.scopes)},
                now=clock.now(),
            )

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Client, request: Request, *args: object, **kwargs: object
    ) -> bool:
        """Go on with the program as it is now, once it proved to be itself; what is given is given before it is changed."""
        request.user = None  # oauthlib takes what a program sends by this name for the person
        held = grants.hold_program(client.id)
        if held is None or (held.type, held.secret) != (client.type, client.secret):
            return False
        self._use_client(request, held)
        return bool(super().validate_grant_type(client_id, grant_type, held, request, *args, **kwargs))

    def validate_code(
        self, client_id: str, code: str, client: Client, request: Request, *args: object, **kwargs: object
    ) -> bool:
        if client_id != client.id or not CODE.fullmatch(code):
            return False
        if not super().validate_code(client_id, code, client, request, *args, **kwargs):
            grants.end_replayed(digest=_digest(code), client_id=client.id, kind=grants.CODE)
            return False
        self.family = uuid4().hex
        request.scopes = [scope for scope in request.scopes if scope in client.get_scopes()]
        return bool(request.scopes)

    def validate_refresh_token(
        self, refresh_token: str, client: Client, request: Request, *_args: object, **_kwargs: object
    ) -> bool:
        """Take each refresh token once: of two at the same time, the second ends the family."""
        token = grants.take_refresh_token(digest=_digest(refresh_token), client_id=client.id, now=clock.now())
        if token is None or not token.user or not token.user.is_active or not _still_allowed(token, client):
            return False
        self.family = (token.data or {}).get(grants.FAMILY, "") or uuid4().hex
        request.user = token.user
        validation_context().refresh_token = token
        return True

    def get_original_scopes(self, refresh_token: str, request: Request, *_args: object, **_kwargs: object) -> list[str]:
        """Return what the person allowed, as far as the program may still have it."""
        return _still_allowed(validation_context().refresh_token, request.client)

    def save_bearer_token(self, token: dict[str, Any], request: Request, *args: object, **kwargs: object) -> None:
        if "refresh_token" not in request.client.get_grant_types():
            token.pop("refresh_token", None)
        if request.grant_type == "authorization_code":
            self._spend_code(request)
        spent = validation_context().refresh_token
        super().save_bearer_token(token, request, *args, **kwargs)
        if spent is not None:
            grants.spend_refresh_token(spent=spent)
        if request.grant_type == "client_credentials":
            who = {"role": Role.MACHINE.value, "client": request.client.name}
            record_event(action="program_signed_in", subject=("program", request.client.id), now=clock.now(), **who)

    def _spend_code(self, request: Request) -> None:
        kept = self._lookup_authorization_code(request, request.client.id, request.code) or {"code": {}}
        is_first = grants.spend_code(
            digest=_digest(request.code),
            client_id=request.client.id,
            user_id=request.user.pk,
            family=self.family,
            given_at=datetime.fromtimestamp(kept["code"].get(GIVEN_AT, 0), tz=UTC),
            until=clock.now() + timedelta(seconds=settings.IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN),
        )
        if not is_first:
            raise errors.InvalidGrantError(request=request)

    def _prep_access_token(self, ctx: Any, token: dict[str, Any], request: Request) -> Token:
        return self._of_family(super()._prep_access_token(ctx, token, request), request)

    def _prep_refresh_token(self, ctx: Any, refresh_token: str, request: Request) -> Token:
        return self._of_family(super()._prep_refresh_token(ctx, refresh_token, request), request)

    def _of_family(self, token: Token, request: Request) -> Token:
        if self.family:
            told = {grants.FAMILY: self.family, AUTH_TIME: self._auth_time(request)}
            token.data = {**(token.data or {}), **told, **_heard_at(request)}
        return token

    def _auth_time(self, request: Request) -> int | None:
        """Return when the person signed in before allowing this; a refresh does not change it."""
        spent = validation_context().refresh_token
        if spent is not None:
            return (spent.data or {}).get(AUTH_TIME)
        code = self._lookup_authorization_code(request, request.client.id, request.code) if request.code else None
        return code["code"].get(AUTH_TIME) if code else None

    def finalize_id_token(
        self, id_token: dict[str, Any], token: dict[str, Any], token_handler: object, request: Request
    ) -> str:
        moment = self._auth_time(request)
        if moment is not None:
            id_token[AUTH_TIME] = moment
        return str(super().finalize_id_token(id_token, token, token_handler, request))

    def revoke_token(
        self,
        token: str,
        token_type_hint: str | None,
        request: Request,
        *_args: object,
        **_kwargs: object,
    ) -> None:
        """End a token of the program that asks; another's stays."""
        grants.revoke(digest=_digest(token), client_id=request.client.id)

    def validate_user_match(
        self,
        id_token_hint: str | None,
        scopes: list[str],
        claims: object,
        request: Request,
    ) -> bool:
        """Compare once somebody is there to compare with."""
        if not context.request.user.is_authenticated:
            return True
        return bool(super().validate_user_match(id_token_hint, scopes, None, request))

    def validate_bearer_token(self, token: str, scopes: list[str], request: Request) -> bool:
        """Give no more than the program may still have."""
        if not super().validate_bearer_token(token, scopes, request):
            record_event(action="token_refused", subject=("token", "invalid_token"), now=clock.now())
            return False
        request.scopes = _still_allowed(validation_context().access_token, request.client)
        return set(scopes) <= set(request.scopes)

    def confirm_redirect_uri(
        self,
        client_id: str,
        code: str,
        redirect_uri: str,
        client: Client,
        request: Request,
        *_args: object,
        **_kwargs: object,
    ) -> bool:
        """Take the address of the question, while it is registered: one that was given back is another."""
        if not super().confirm_redirect_uri(client_id, code, redirect_uri, client, request):
            return False
        kept = (self._lookup_authorization_code(request, request.client.id, code) or {})["code"]
        is_same = kept.get(REGISTRATION, 0) == rules.registration_of(request.client.data, redirect_uri)
        return is_same and redirect_uri in request.client.get_redirect_uris()

    def validate_silent_login(self, request: Request) -> bool:
        """Let nobody in without a question who should prove himself again."""
        return bool(super().validate_silent_login(request)) and not is_too_long_ago(context.request)

    def validate_silent_authorization(self, request: Request) -> bool:
        """Give without a question what the person let THIS program do, at this address; allauth asks about any program.

        Who may add an address to a program would else come by everything that people let it do.
        An app without a secret is known by its https address alone: any other app could listen at the rest (RFC 8252).
        """
        if request.client.type == Client.Type.PUBLIC and not request.redirect_uri.startswith("https://"):
            return False
        user_id = context.request.user.pk
        allowed = selectors.allowed_scopes(
            user_id=user_id, client=request.client, redirect_uri=request.redirect_uri, now=clock.now()
        )
        return set(request.scopes) <= allowed

    def _lookup_client(self, request: Request, client_id: object) -> Client | None:
        """Find a program by its id, to the letter: MariaDB would take another spelling."""
        if not isinstance(client_id, str) or not CLIENT_ID.fullmatch(client_id):
            return None
        client = super()._lookup_client(request, client_id)
        return client if client is not None and client.id == client_id else None

    def _lookup_authorization_code(self, request: Request, client_id: str, code: str) -> dict[str, Any] | None:
        if not CODE.fullmatch(code):
            return None
        found: dict[str, Any] | None = super()._lookup_authorization_code(request, client_id, code)
        return found


def signed_in_at(request: HttpRequest) -> int | None:
    """Return when the person of this session last proved to be himself, in seconds since 1970."""
    moments = [record["at"] for record in get_authentication_records(request, request.user) if "at" in record]
    return int(max(moments)) if moments else None


def is_too_long_ago(request: HttpRequest) -> bool:
    """Tell whether the program asked for a younger sign-in (``max_age``)."""
    asked, moment = request.GET.get("max_age", ""), signed_in_at(request)
    if not (asked.isascii() and asked.isdigit()):
        return False
    if moment is None:
        return True
    age = clock.now().timestamp() - moment
    # a sign-in that lies ahead is of no known age: the clock was set back since
    return age < -AHEAD_SECONDS or age > max(int(asked[:9]), FRESH_SECONDS)


def has_proved_lately(request: HttpRequest) -> bool:
    """Tell whether the person of this session signed in or proved to be himself within minutes, or cannot do so."""
    moment, now = signed_in_at(request), clock.now().timestamp()
    if moment is not None and -AHEAD_SECONDS <= now - moment < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        return True
    try:
        reauthentication_required(lambda _request: None)(request)
    except ReauthenticationRequired:
        return False
    return True


def _refuse_what_is_not_offered(request: Request) -> None:
    """Say no to what would otherwise be passed over in silence."""
    asked = dict(request.uri_query_params) if request.http_method == "GET" else {}
    if "request" in asked:
        raise RequestNotSupported(request=request)
    if "request_uri" in asked:
        raise RequestURINotSupported(request=request)
    if (request.response_mode or "query") != "query":
        request.response_mode = None
        raise errors.InvalidRequestError(description="The only response_mode is query.", request=request)
    prompt = asked.get("prompt", "").split()
    if "none" in prompt and "openid" not in asked.get("scope", "").split():
        raise errors.InvalidRequestError(description="prompt=none needs the scope openid.", request=request)


def _heard_at(request: Request) -> dict[str, Any]:
    """Return at which address, and which registration of it, the program heard of the permission; no refresh changes it."""
    spent = validation_context().refresh_token
    if spent is not None:
        return {name: value for name, value in (spent.data or {}).items() if name in {SENT_TO, REGISTRATION}}
    registration = rules.registration_of(request.client.data, request.redirect_uri)
    return {SENT_TO: request.redirect_uri, REGISTRATION: registration}


def _still_allowed(token: Token, client: Client) -> list[str]:
    return [scope for scope in token.get_scopes() if scope in client.get_scopes()]


def _digest(value: str) -> str:
    return rules.token_digest(value)


def install() -> None:
    """Let our server judge by this, and read its key once."""
    use_oauth_validator(GrantValidator)
    parse_keys_once()

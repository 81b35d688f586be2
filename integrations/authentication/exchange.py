"""Gives a proxy a short-lived JWT for whatever credential a request carried, so that other services see nothing else."""

from typing import cast
from uuid import uuid4

from django.http import HttpResponse
from django.utils.cache import add_never_cache_headers
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_204_NO_CONTENT
from rest_framework.views import APIView

from apps.users.models import User
from integrations.authentication.basic import BasicAuthentication
from integrations.authentication.claims import own_claims
from integrations.authentication.drf import BearerAuthentication
from integrations.authentication.signing import signed
from integrations.authentication.verification import EVERYTHING, EXCHANGE
from kernel import clock
from kernel.http.principals import Grant, Principal
from kernel.http.views import ApiView

SECONDS = 300
TOKEN_HEADER = OpenApiParameter(
    "Authorization", str, OpenApiParameter.HEADER, response=[204], description="`Bearer` and a JWT for five minutes."
)


class AnyCredential(BasePermission):
    """People and programs alike, with whatever scopes: the new token has the same."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.is_authenticated)


class ExchangeView(ApiView):
    """What nginx asks by ``auth_request``, as GET whatever the request was: hence never on the word of a cookie."""

    authentication_classes = (BearerAuthentication, BasicAuthentication)
    permission_classes = (AnyCredential,)

    def check_permissions(self, request: Request) -> None:
        """Ask for no scope: the service that is called does."""
        APIView.check_permissions(self, request)

    @extend_schema(operation_id="auth_exchange_read", responses={204: None}, parameters=[TOKEN_HEADER])
    def get(self, request: Request) -> HttpResponse:
        """Exchange a credential for a JWT."""
        return self._exchanged(request)

    @extend_schema(operation_id="auth_exchange_create", request=None, responses={204: None}, parameters=[TOKEN_HEADER])
    def post(self, request: Request) -> HttpResponse:
        """Exchange a credential for a JWT."""
        return self._exchanged(request)

    def _exchanged(self, request: Request) -> HttpResponse:
        token = exchanged(cast("User | Principal", request.user), cast("Grant", request.auth))
        answer = Response(status=HTTP_204_NO_CONTENT, headers={"Authorization": f"Bearer {token}"})
        add_never_cache_headers(answer)
        return answer


def exchanged(person: User | Principal, grant: Grant) -> str:
    """Return a token that says and allows what the credential did."""
    scope = EVERYTHING if grant.scopes is None else " ".join(sorted(grant.scopes - {EVERYTHING}))
    now = int(clock.now().timestamp())
    claims = own_claims(person, kind=EXCHANGE, scope=scope) | {
        "client": grant.client,
        "client_id": grant.client_id,
        "token_use": "access",
        "iat": now,
        "exp": now + SECONDS,
        "jti": str(uuid4()),
    }
    return signed(claims if person.id is None else claims | {"sub": str(person.id)})

"""The API of personal access tokens."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.users import selectors
from apps.users.models import AccessToken
from apps.users.permissions import FreshlyInPerson
from apps.users.serializers import NewTokenSerializer, TokenOnceSerializer, TokenSerializer
from apps.users.services import tokens
from apps.users.views.accounts import UUID_PATTERN
from kernel import clock
from kernel.http.paging import KeysetPagination
from kernel.http.views import ApiViewSet


class TokenPages(KeysetPagination):
    page_size = 50
    orderings = {"newest": ("-created_at", "-id"), "oldest": ("created_at", "id")}


class TokenViewSet(ApiViewSet):
    """Your personal access tokens; no token reaches here, so that none can make another."""

    queryset = AccessToken.objects.none()
    serializer_class = TokenSerializer
    pagination_class = TokenPages
    permission_classes = (FreshlyInPerson,)
    lookup_value_regex = UUID_PATTERN

    def get_queryset(self) -> QuerySet[AccessToken]:
        return selectors.own_tokens(self.actor)

    def list(self, request: Request) -> Response:  # noqa: ARG002 - DRF's signature
        """List your tokens."""
        rows = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(TokenSerializer(rows, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Read one of your tokens, but for its text."""
        return Response(TokenSerializer(self.get_object()).data)

    @extend_schema(request=NewTokenSerializer, responses={201: TokenOnceSerializer})
    def create(self, request: Request) -> Response:
        """Make a token; this answer alone shows it."""
        asked = NewTokenSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        made = tokens.create_token(
            name=wanted["name"],
            scopes=wanted["scopes"],
            days=wanted["expires_in_days"],
            actor=self.actor,
            now=clock.now(),
        )
        shown = TokenOnceSerializer(made.token, context={"text": made.text}).data
        return Response(shown, status=HTTP_201_CREATED, headers={"Cache-Control": "no-store"})

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:  # noqa: ARG002 - DRF's signature
        """Revoke a token; it opens nothing any more."""
        tokens.revoke_token(token_id=self.get_object().id, actor=self.actor, now=clock.now())
        return Response(status=HTTP_204_NO_CONTENT)

"""Where payment providers report: no account, no cookie; the signature alone opens."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders.services.provider_news import receive_news
from integrations.payments.stripe_webhook import read_news
from kernel import clock
from kernel.http.views import ApiView

SIGNATURE = OpenApiParameter(
    "Stripe-Signature", str, OpenApiParameter.HEADER, description="What proves that Stripe sends it."
)

MESSAGE = {
    "type": "object",
    "required": ["id", "type", "data"],
    "properties": {"id": {"type": "string"}, "type": {"type": "string"}, "data": {"type": "object"}},
}


class StripeWebhookView(ApiView):
    """Messages of Stripe, signed over the bytes of their body."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        summary="Take a message of Stripe",
        description="For Stripe alone: anything without a valid signature is refused. "
        "A message is a reason to ask Stripe; what it says is not believed.",
        parameters=[SIGNATURE],
        request={"application/json": MESSAGE},
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        """Act on a message, once."""
        body = request._request.body  # noqa: SLF001 - the signature is over the bytes, which DRF's own body would parse
        news = read_news(body, signature=request.headers.get("Stripe-Signature", ""))
        receive_news(news=news, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

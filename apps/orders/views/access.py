"""How guests show that a cart or an order is theirs, and how an answer is given once."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from kernel.http.idempotency import HEADER, run_once
from kernel.http.json import dumps
from kernel.transactions import in_transaction

CART_TOKEN = OpenApiParameter(
    "X-Cart-Token", str, OpenApiParameter.HEADER, description="A guest's key to the cart; `?token=` works too."
)
ORDER_TOKEN = OpenApiParameter(
    "X-Order-Token", str, OpenApiParameter.HEADER, description="A guest's key to the order; `?token=` works too."
)
KEY = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x21-\x7e]+$"}
IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    KEY,
    OpenApiParameter.HEADER,
    required=True,
    description="A key of yours: a repetition gets the same answer.",
)
OPTIONAL_KEY = OpenApiParameter(
    HEADER, KEY, OpenApiParameter.HEADER, description="A key of yours: a repetition gets the same answer."
)


def cart_token(request: Request) -> str:
    """Return a guest's key to a cart."""
    return request.headers.get("X-Cart-Token") or request.query_params.get("token", "")


def order_token(request: Request) -> str:
    """Return a guest's key to an order."""
    return request.headers.get("X-Order-Token") or request.query_params.get("token", "")


def answer_once(
    request: Request, *, scope: str, order_id: UUID, status: int, work: Callable[[], object]
) -> HttpResponse:
    """Do some work and answer with its JSON; under a key, if the client sent one, a repetition gets the same bytes."""
    if HEADER not in request.headers:
        return HttpResponse(dumps(work()), status=status, content_type="application/json")
    return run_once(
        request,
        scope=scope,
        effect=lambda idem: in_transaction(
            idem.alias,
            lambda: idem.store(status=status, body=dumps(work()), resource_id=order_id),
        ),
    )

"""Addresses of a few views that only these tests know."""

from collections.abc import Callable

from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.urls import path
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.errors import ConflictError
from kernel.events.repair import NothingToReplayError
from kernel.http.idempotency import IdempotentRequest, run_once
from kernel.http.json import dumps
from kernel.http.validation import AddressSerializer, MoneySerializer, StrictSerializer
from kernel.http.views import ApiView
from kernel.ids import uuid7
from kernel.money import Money
from kernel.transactions import unit_of_work
from saluhall.urls import handler404, handler500

__all__ = ["handler404", "handler500", "urlpatterns"]

effects: list[str] = []
failures: dict[str, Exception] = {
    "conflict": ConflictError("It changed.", extra={"left": Money(5, "EUR")}),
    "missing": Http404("secret words"),
    "integrity": IntegrityError("secret words"),
    "fault": ZeroDivisionError("secret words"),
}


class LineSerializer(StrictSerializer):
    sku = serializers.CharField(max_length=10)
    quantity = serializers.IntegerField(min_value=1, max_value=999)


class ThingSerializer(StrictSerializer):
    price = MoneySerializer()
    lines = LineSerializer(many=True, required=False)
    address = AddressSerializer(required=False)
    words = serializers.ListField(child=serializers.CharField(max_length=3), max_length=5, required=False)


class Echo(ApiView):
    permission_classes = (AllowAny,)

    def post(self, request: Request) -> Response:
        asked = ThingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response({"price": asked.validated_data["price"]})


class Fail(ApiView):
    permission_classes = (AllowAny,)

    def get(self, request: Request, kind: str) -> Response:
        raise failures[kind]


@unit_of_work
def place(idem: IdempotentRequest, name: str) -> HttpResponse:
    identity = uuid7()
    answer = idem.store(status=201, body=dumps({"id": identity, "name": name}), resource_id=identity)
    if name == "sold out":
        raise NothingToReplayError
    if name == "changing" and effects[-1:] != ["changed"]:
        effects.append("changed")
        raise ConflictError("It changed.")
    effects.append(name)
    return answer


class Place(ApiView):
    permission_classes = (AllowAny,)
    throttle_scope = "checkout"

    def post(self, request: Request) -> HttpResponse:
        effect: Callable[[IdempotentRequest], HttpResponse] = lambda idem: place(idem, request.data["name"])  # noqa: E731 - shown as one line
        return run_once(request, scope="orders.place", effect=effect)


urlpatterns = [
    path("api/v1/echo/", Echo.as_view()),
    path("api/v1/fail/<slug:kind>/", Fail.as_view()),
    path("api/v1/place/", Place.as_view()),
]

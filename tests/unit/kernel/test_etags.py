"""A write that was made for another version is refused; an unchanged read costs no body."""

from dataclasses import dataclass
from typing import Any

import pytest
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from kernel.formatting import money_text
from kernel.http.etags import ConcurrencyMixin, etag_of
from kernel.http.views import ApiViewSet
from kernel.money import Money


@dataclass
class Lamp:
    pk: int
    version: int


class Stored:
    def get_object(self) -> Lamp:
        return Lamp(1, 7)


class Lamps(ConcurrencyMixin, Stored, ApiViewSet):
    permission_classes = (AllowAny,)
    authentication_classes = ()

    def retrieve(self, request: Request) -> Response:
        return Response({"version": self.get_object().version})

    def update(self, request: Request) -> Response:
        lamp = self.get_object()
        lamp.version += 1
        self.tag(lamp)
        return Response({"version": lamp.version})


view = Lamps.as_view({"get": "retrieve", "put": "update"})
NOW, NEXT = etag_of(Lamp(1, 7)), etag_of(Lamp(1, 8))


def call(method: str, **headers: str) -> Any:
    return view(getattr(APIRequestFactory(), method)("/", headers=headers))


def test_a_read_carries_the_tag_of_its_version() -> None:
    assert call("get").headers["ETag"] == NOW != NEXT


@pytest.mark.parametrize("known", [NOW, f"W/{NOW}", f'"other", {NOW}', "*"])
def test_an_unchanged_thing_is_not_sent_again(known: str) -> None:
    answer = call("get", **{"If-None-Match": known})

    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", NOW)


def test_a_changed_thing_is_sent() -> None:
    assert call("get", **{"If-None-Match": NEXT}).status_code == 200


def test_a_write_for_this_version_answers_with_the_next_tag() -> None:
    answer = call("put", **{"If-Match": NOW})

    assert (answer.status_code, answer.headers["ETag"]) == (200, NEXT)


def test_a_write_for_another_version_is_refused() -> None:
    answer = call("put", **{"If-Match": NEXT})

    assert answer.status_code == 412
    assert b'"precondition_failed"' in answer.content


def test_money_is_shown_as_people_write_it() -> None:
    shown = [money_text(Money(123456, "EUR"), locale) for locale in ("en", "de", "sv")]

    assert shown == ["€1,234.56", "1.234,56\xa0€", "1\xa0234,56\xa0€"]
    assert money_text(Money(1500, "JPY")) == "¥1,500"

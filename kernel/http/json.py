"""JSON in and out: fast, and strict about what is not JSON."""

from collections.abc import Iterable
from dataclasses import is_dataclass
from itertools import chain
from typing import IO, Any

import orjson
from django.http import HttpResponse
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from kernel.codec import encode

MAX_DEPTH = 20
MOST_VALUES = 20_000
"""Names and values, at any depth: a product with all its 250 variants has ten thousand."""
LARGEST = 2**63 - 1
OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS


def _default(value: object) -> object:
    return encode(value) if is_dataclass(value) else str(value)


def dumps(content: object) -> bytes:
    """Return JSON; moments end in Z, money and decimals are text, contract values are objects."""
    return orjson.dumps(content, default=_default, option=OPTIONS)


def fast_json(content: object, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """Answer a hot read without DRF's machinery."""
    return HttpResponse(dumps(content), status=status, content_type="application/json", headers=headers)


class FastJSONRenderer(BaseRenderer):
    """Writes with orjson."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,  # noqa: ARG002 - DRF's signature
        renderer_context: Any = None,  # noqa: ARG002 - DRF's signature
    ) -> bytes:
        """Return the body; nothing for nothing."""
        return b"" if data is None else dumps(data)


class TooManyValuesError(ParseError):
    """What is small in bytes may still take seconds to look through."""

    status_code = 413
    default_code = "too_large"
    default_detail = f"A request may have {MOST_VALUES} names and values at most."


class StrictJSONParser(BaseParser):
    """Reads with orjson: no NaN, no broken UTF-8, no numbers that would lose digits, no NUL characters."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:  # noqa: ARG002 - DRF's signature
        """Return the content.

        :raises ParseError: it is not JSON, or holds what no database can keep.
        """
        try:
            content = orjson.loads(stream.read())
        except (orjson.JSONDecodeError, OSError) as error:
            msg = f"This is not JSON: {error}"
            raise ParseError(msg) from error
        check(content)
        return content


def check(content: Any) -> None:
    """Refuse what orjson reads but nobody could keep, or would look at for seconds.

    :raises ParseError: too deep, too many values, a number beyond 64 bits, or a NUL character.
    """
    level, seen = [content], 0
    for _ in range(MAX_DEPTH + 1):
        seen += len(level)
        if seen > MOST_VALUES:
            raise TooManyValuesError
        for value in level:
            _check_plain(value)
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return
    msg = "This is nested too deeply."
    raise ParseError(msg)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return chain(value, value.values())
    return value if isinstance(value, list) else ()


def _check_plain(value: object) -> None:
    if isinstance(value, str) and "\x00" in value:
        msg = "Texts must not contain NUL characters."
        raise ParseError(msg)
    if isinstance(value, (int, float)) and not -LARGEST <= value <= LARGEST:
        msg = "A number is too large."
        raise ParseError(msg)

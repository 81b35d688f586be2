"""ETags: who writes may say which version it saw; who reads again may be told that nothing changed."""

import hashlib
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from django.http import HttpRequest, HttpResponseNotModified
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.errors import DomainError

T = TypeVar("T")

WRITES = frozenset({"PUT", "PATCH", "DELETE"})
LOOKS = 5
"""How often a change of a part is put into what is there when that moves each time."""


class PreconditionFailedError(DomainError):
    """The thing is not any more what ``If-Match`` says."""

    code = "precondition_failed"
    status = 412

    def __init__(self) -> None:
        super().__init__("This changed meanwhile: read it again.")


def etag_of(thing: Any) -> str:
    """Return the tag of a thing from its id and its version, or the moment of its last change."""
    mark = getattr(thing, "version", None) or getattr(thing, "updated_at", None) or ""
    digest = hashlib.sha256(f"{thing.pk}:{mark}".encode()).hexdigest()
    return f'"{digest[:32]}"'


def is_listed(header: str, etag: str) -> bool:
    """True when the header names the tag or is ``*``; a proxy may have made it weak."""
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in tags or etag.removeprefix("W/") in tags


def require_match(request: HttpRequest | Request, thing: Any) -> None:
    """Refuse a write that was made for another version.

    :raises PreconditionFailedError: ``If-Match`` names another version.
    """
    header = request.headers.get("If-Match")
    if header is not None and not is_listed(header, etag_of(thing)):
        raise PreconditionFailedError


def expected_version(request: HttpRequest | Request, thing: Any) -> Any:
    """Return the version that a write was made for, for its service to check under the lock; nothing when any will do.

    The thing must have passed ``require_match``: what happens between that look and the lock is found by the service.
    """
    return None if request.headers.get("If-Match", "*").strip() == "*" else thing.version


def check_version(*, current: object, expected: object) -> None:
    """Refuse a change to something that is not as its reader saw it.

    :raises PreconditionFailedError: the versions differ.
    """
    if expected is not None and expected != current:
        raise PreconditionFailedError


def merge(request: HttpRequest | Request, *, look: Callable[[], Any], write: Callable[[Any, int], T]) -> T:
    """Change a part of a thing; what others change of it meanwhile stays, for then it is looked at again.

    :param look: returns the thing as it is now.
    :param write: writes it with the part changed, if it still has that version.
    :raises PreconditionFailedError: the version that ``If-Match`` names is gone.
    """
    for left in reversed(range(LOOKS)):
        present = look()
        is_free = expected_version(request, present) is None
        try:
            return write(present, present.version)
        except PreconditionFailedError:
            if not (is_free and left):
                raise
    raise AssertionError


if TYPE_CHECKING:
    _Mixed = viewsets.GenericViewSet[Any]
else:
    _Mixed = object


class ConcurrencyMixin(_Mixed):
    """For viewsets: tags on what is read and written, ``If-Match`` before a write, 304 for an unchanged read.

    A view that changed the object calls ``tag(changed)``, so that the answer carries the new tag.
    """

    has_etags = True
    """Whether the schema names the preconditions."""
    _tagged: Any = None

    def get_object(self) -> Any:
        """Return the object; a write must have been made for this version."""
        thing = super().get_object()
        if self.request.method in WRITES:
            require_match(self.request, thing)
        else:
            self._tagged = thing
        return thing

    def tag(self, thing: Any) -> None:
        """Name the object whose tag the answer carries."""
        self._tagged = thing

    def finalize_response(self, request: Request, response: Any, *args: object, **kwargs: object) -> Any:
        """Add the tag; say 304 when the client has this version."""
        finished = super().finalize_response(request, response, *args, **kwargs)
        if self._tagged is None or finished.status_code >= HTTPStatus.BAD_REQUEST or "ETag" in finished.headers:
            return finished
        etag = etag_of(self._tagged)
        known = request.headers.get("If-None-Match")
        if known and request.method in {"GET", "HEAD"} and is_listed(known, etag) and isinstance(response, Response):
            unchanged = HttpResponseNotModified()
            unchanged.headers["ETag"] = etag
            return unchanged
        finished.headers["ETag"] = etag
        return finished

"""Expected failures: each has a stable, public code and an HTTP status."""

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal that the caller can understand and act on.

    :cvar code: public and permanent; listed in docs/errors.md.
    :cvar status: the HTTP status of the answer.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    extra: Mapping[str, Any]
    """Members added to the problem answer; JSON values or Money."""

    fields: Mapping[str, list[str]]
    """Messages by the name of the field that caused the refusal."""

    def __init__(
        self,
        message: str,
        *,
        extra: Mapping[str, Any] | None = None,
        fields: Mapping[str, list[str]] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.extra = dict(extra or {})
        self.fields = dict(fields or {})


class InvalidInputError(DomainError):
    """A value breaks a rule that only the service can know."""

    code = "invalid"
    status = 400


class NotFoundError(DomainError):
    """There is no such thing, or it is another's."""

    code = "not_found"
    status = 404


class ForbiddenError(DomainError):
    """The actor is known and may not do this."""

    code = "permission_denied"
    status = 403


class ConflictError(DomainError):
    """The thing changed meanwhile; the caller must look again."""

    code = "conflict"
    status = 409

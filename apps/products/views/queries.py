"""Query parameters that several lists share."""

from uuid import UUID

from rest_framework.request import Request

from kernel.http.paging import InvalidQueryError

UUID_PATTERN = "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"


def uuid_of(request: Request, name: str) -> UUID | None:
    """Return an id from the address.

    :raises InvalidQueryError: it is none.
    """
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidQueryError(name, "This is not an id.") from error

"""Requests whose heads cannot be read are bad requests: Django meets some of them before any middleware stands ready."""

from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest


class ReadableRequest(WSGIRequest):
    """Takes a kind of content that names letters which nobody reads for none at all, and cookies that hold NUL as well."""

    def __init__(self, environ: dict[str, Any]) -> None:
        super().__init__(environ)
        # escapes (\000) spell what no header may hold, and a database that is asked about it stumbles
        self.COOKIES = {name: value for name, value in self.COOKIES.items() if "\x00" not in value}

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        django: Any = super()  # whose stubs leave it out
        try:
            django._set_content_type_params(meta)  # noqa: SLF001 - the same method
        except (LookupError, ValueError, SuspiciousOperation):  # with letters named, it reads the query, too
            self._encoding, self.content_type, self.content_params = None, "", {}

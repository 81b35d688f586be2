"""HEAD: the headers of what GET would say, and nothing after them."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponse, HttpResponseBase, StreamingHttpResponse


class HeadMiddleware:
    """Takes the body away, whose length is told; else the server does, and logs a warning each time."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on; of a file that would be streamed nothing is read."""
        response = self.get_response(request)
        if request.method == "HEAD":
            return _without_body(response)
        return response


def _without_body(response: HttpResponseBase) -> HttpResponseBase:
    if isinstance(response, HttpResponse):
        response.headers.setdefault("Content-Length", str(len(response.content)))
        response.content = b""
    elif isinstance(response, StreamingHttpResponse):
        response.streaming_content = ()
    return response

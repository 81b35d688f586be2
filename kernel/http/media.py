"""Uploaded pictures from the disk, where no web server in front does it."""

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox"


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Answer a file; whatever it holds, nothing in it may run."""
    if "\x00" in path or len(path) > 500:  # noqa: PLR2004 - longer than any name that we give
        raise Http404
    try:
        answer = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    except (OSError, ValueError) as error:
        raise Http404 from error
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer

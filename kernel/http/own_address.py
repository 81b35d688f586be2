"""Our own address, as answers name it."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request


def own_address(request: HttpRequest | Request, path: str = "") -> str:
    """Return where this request, or another path of ours, is found: at PUBLIC_URL, when it was asked by that name.

    The port of a Host header is anybody's choice, and answers with it may be kept for others.
    """
    path = path or request.get_full_path()
    asked, public = urlsplit(f"//{request.get_host()}").hostname, urlsplit(settings.PUBLIC_URL).hostname
    is_public = asked == public and not settings.DEBUG  # in development the server listens wherever it was told
    return settings.PUBLIC_URL + path if is_public else str(request.build_absolute_uri(path))

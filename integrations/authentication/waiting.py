"""What was sent waits in the session while its sender proves himself, and is done then.

A browser that was left open must not turn the owner's next proof into a stranger's wish: nothing waits for long, whatever
is asked for next takes its place, and the page that asks for the proof says what it will do.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, QueryDict

from integrations.authentication.allauth_internals import WAITING

Answer = Callable[..., HttpResponse | None]
PATIENCE_SECONDS = 300
"""As long as a proof counts; what waits longer than that its sender has to send again."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the next proof will do."""

    address: str
    """Of the page whose form was sent; nothing where an account elsewhere waits to be connected."""


def what_waits(request: HttpRequest) -> Waiting | None:
    """Tell what a proof given now would do."""
    kept = request.session.get(WAITING)
    if kept is None or not 0 <= time.time() - kept.get("at", 0) < PATIENCE_SECONDS:
        return None
    return Waiting(address=json.loads(kept["request"])["path"] if "request" in kept else "")


def suspended_form(original: Callable[[HttpRequest], str]) -> Callable[[HttpRequest], str]:
    """Keep no password in the session of who proves himself first: the form asks for it again after that."""

    @wraps(original)
    def serialize(request: HttpRequest) -> str:
        kept = json.loads(original(request))
        form = QueryDict(kept["POST"], mutable=True)
        for name in form:
            if "password" in name:
                form[name] = ""
        return json.dumps(kept | {"POST": form.urlencode()})

    return serialize


def suspend(original: Answer) -> Answer:
    """Let a new wait take the place of one from before, also where only a page was asked for and nothing waits."""

    @wraps(original)
    def wait(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | None:
        request.session.pop(WAITING, None)
        answer = original(request, *args, **kwargs)
        if WAITING in request.session:
            request.session[WAITING] = request.session[WAITING] | {"at": time.time()}
        return answer

    return wait


def go_on(original: Answer) -> Answer:
    """Do what waits, unless it waited too long, or somebody was sent here for another page."""

    @wraps(original)
    def resume(request: HttpRequest) -> HttpResponse | None:
        waiting = what_waits(request)
        is_for_another = waiting is not None and not waiting.address and _has_next(request)
        if waiting is None or is_for_another:
            request.session.pop(WAITING, None)
        return original(request)

    return resume


def _has_next(request: HttpRequest) -> bool:
    return bool(request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME))

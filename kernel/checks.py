"""A production start with something unsafe is refused with one sentence."""

from collections.abc import Callable, Iterable
from typing import Any

import structlog
from django.conf import settings
from django.core.checks import ERROR, CheckMessage, Error, Tags, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from kernel.databases import is_remote, is_verified

log = structlog.get_logger(__name__)

Refusal = Callable[[], str]

refusals: list[Refusal] = []
"""What services add: each returns the sentence that refuses a production start, or nothing."""


def refuse_production(refusal: Refusal) -> Refusal:
    """Register a reason of a service against a production start, such as demo users."""
    refusals.append(refusal)
    return refusal


@register(Tags.security)
def secret_is_kept(app_configs: Any, **_options: object) -> Iterable[CheckMessage]:  # noqa: ARG001 - Django's signature
    """Refuse a key that changes with every start."""
    if settings.SECRET_KEY_IS_KEPT:
        return []
    hint = "Set SECRET_KEY or SECRET_KEY_FILE; for development, copy .env.example to .env."
    return [Error("SECRET_KEY is missing.", hint=hint, id="saluhall.E001")]


@register(Tags.security)
def signing_key_is_kept(app_configs: Any, **_options: object) -> Iterable[CheckMessage]:  # noqa: ARG001 - Django's signature
    """Refuse a key that changes with every start: nobody would stay signed in, and no other process could verify."""
    if settings.JWT_PRIVATE_KEY_IS_KEPT:
        return []
    hint = "Set JWT_PRIVATE_KEY or JWT_PRIVATE_KEY_FILE, for example from `openssl genrsa 2048`."
    return [Error("JWT_PRIVATE_KEY is missing.", hint=hint, id="saluhall.E006")]


@register(Tags.security)
def production_is_safe(app_configs: Any, **_options: object) -> Iterable[CheckMessage]:  # noqa: ARG001 - Django's signature
    """Refuse what is only good enough for development."""
    if settings.DEBUG:
        return []
    return [Error(sentence, id=code) for code, sentence in _findings() if sentence]


@register(Tags.security, deploy=True)
def services_agree(app_configs: Any, **_options: object) -> Iterable[CheckMessage]:  # noqa: ARG001 - Django's signature
    """Ask the services, whose answers may need the database; one without tables holds nothing yet."""
    try:
        return [Error(sentence, id="saluhall.E010") for refusal in refusals if (sentence := refusal())]
    except DatabaseError:
        log.warning("services_unchecked", reason="the database does not answer, or has no tables yet")
        return []


def _findings() -> Iterable[tuple[str, str]]:
    if settings.WEB_CONCURRENCY > 1 and settings.CACHE_URL.startswith("locmem"):
        yield "saluhall.E002", "CACHE_URL must be a redis:// address when WEB_CONCURRENCY is above 1."
    for alias, config in settings.DATABASES.items():
        if is_remote(config) and not is_verified(config):
            yield "saluhall.E003", f"The {alias} database is on another machine: DB_SSL_MODE must be verify-full."
    if not settings.ALLOWED_HOSTS:
        yield "saluhall.E004", "PUBLIC_URL or ALLOWED_HOSTS must say which host names are ours."
    if len(settings.SECRET_KEY) < 50:  # noqa: PLR2004 - as Django's own check asks
        yield "saluhall.E005", "SECRET_KEY must have at least 50 characters."


def refuse_unsafe_start() -> None:
    """Stop a server that would serve people with what is only good enough for development.

    :raises ImproperlyConfigured: names every reason in a sentence.
    """
    found = run_checks(tags=[Tags.security], include_deployment_checks=not settings.DEBUG)
    reasons = [str(message.msg) for message in found if message.level >= ERROR]
    if reasons:
        raise ImproperlyConfigured(" ".join(reasons))

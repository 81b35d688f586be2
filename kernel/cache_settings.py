"""Where short-lived things are kept, as the environment says it."""

from typing import Any

from kernel import env

ENTRIES = 100_000
"""Some 40 MB. The oldest make room for new ones: of Django's 300, a few guesses at others push out an account's count."""


def load_cache() -> tuple[str, dict[str, dict[str, Any]]]:
    """Return the address of the cache, and Django's setting for it."""
    with env.group("Cache"):
        url = env.url(
            "CACHE_URL",
            default="locmem://",
            schemes=("locmem", "redis", "rediss"),
            help="locmem:// within one process, or redis://host:6379/0 for several.",
        )
    if url.startswith("locmem"):
        memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "saluhall"}
        return url, {"default": {**memory, "OPTIONS": {"MAX_ENTRIES": ENTRIES}}}
    return url, {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}}

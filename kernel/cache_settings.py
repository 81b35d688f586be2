"""Where short-lived things are kept, as the environment says it."""

from kernel import env


def load_cache() -> tuple[str, dict[str, dict[str, str]]]:
    """Return the address of the cache, and Django's setting for it."""
    with env.group("Cache"):
        url = env.url(
            "CACHE_URL",
            default="locmem://",
            schemes=("locmem", "redis", "rediss"),
            help="locmem:// within one process, or redis://host:6379/0 for several.",
        )
    if url.startswith("locmem"):
        return url, {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "saluhall"}}
    return url, {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}}

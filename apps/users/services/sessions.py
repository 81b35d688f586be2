"""Old sessions are swept away."""

from importlib import import_module

from django.conf import settings

from kernel.periodic import every


@every(hours=24)
def forget_expired_sessions() -> None:
    """Delete the sessions that ran out, once a day."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()

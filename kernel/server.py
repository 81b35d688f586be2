"""Gunicorn with everything inside: one serving process with threads, and the worker beside them."""

from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.db import connections
from gunicorn.app.base import BaseApplication

THREADS = 8


class OneProcess(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    """The application is loaded before the fork, so that its memory is shared with the master."""

    def __init__(self, *, bind: str) -> None:
        self._bind = bind
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults."""
        options: dict[str, Any] = {
            "bind": self._bind,
            "workers": 1,
            "threads": THREADS,
            "worker_class": "gthread",
            "worker_connections": 1000,
            "preload_app": True,
            "control_socket_disable": True,
            "timeout": 60,
            "graceful_timeout": 20,
            "keepalive": 5,
            "post_fork": _start_worker,
            "worker_exit": _stop_worker,
            "loglevel": "warning",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIHandler:
        """Return the application; no connection may outlive the fork."""
        application = get_wsgi_application()
        connections.close_all()
        return application


def _start_worker(server: Any, process: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    from kernel.events.worker import Worker  # noqa: PLC0415 - its tables need Django's start

    process.inside = Worker()
    process.inside.start()


def _stop_worker(server: Any, process: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    process.inside.stop()

"""Gunicorn with everything inside: one serving process with threads (or WEB_CONCURRENCY of them), each with a worker.

``python -m kernel.server ADDRESS`` is what ``manage.py up`` turns into: the master then holds no Django at all, and
the only copy of the application is in the process that serves.
"""

import os
import shutil
import sys
import tempfile
from typing import Any

from gunicorn.app.base import BaseApplication

BACKLOG = 256
CONNECTIONS = 1000
"""Open connections of one process, those between two requests included; what comes beyond waits to be accepted."""

NUMBERS = "PROMETHEUS_MULTIPROC_DIR"
"""Where several processes write what they count, so that each can tell the sum."""


class OneProcess(BaseApplication):
    """The application is loaded by the serving process."""

    def __init__(self, *, bind: str) -> None:
        self._bind = bind
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults; it reads WEB_CONCURRENCY itself."""
        if self.cfg.workers > 1:
            os.environ.setdefault(NUMBERS, tempfile.mkdtemp(prefix="saluhall-metrics-"))
        options: dict[str, Any] = {
            "bind": self._bind,
            "backlog": BACKLOG,
            "threads": int(os.environ.get("SERVER_THREADS") or 8),
            "worker_class": "kernel.gated_worker.GatedWorker",
            "worker_connections": CONNECTIONS,
            "forwarder_headers": "",  # else a visitor of a proxy on this machine says below which path the shop stands
            "control_socket_disable": True,
            "sendfile": False,  # the system would send to a slow reader for ever, and no thread hears of it
            "timeout": 60,
            "graceful_timeout": 20,
            "keepalive": 5,
            "post_worker_init": _start_worker,
            "child_exit": _forget_numbers,
            "on_exit": _forget_all_numbers,
            "worker_exit": _stop_worker,
            "loglevel": "warning",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the application."""
        from django.core.wsgi import get_wsgi_application  # noqa: PLC0415 - only the serving process needs Django

        application = get_wsgi_application()
        from kernel.checks import refuse_unsafe_start  # noqa: PLC0415 - as above
        from kernel.durability import warn_of_weak_databases  # noqa: PLC0415 - as above
        from kernel.http.readable import ReadableRequest  # noqa: PLC0415 - as above

        application.request_class = ReadableRequest
        refuse_unsafe_start()
        warn_of_weak_databases()
        return application


def _start_worker(process: Any) -> None:
    from kernel.events.worker import Worker  # noqa: PLC0415 - its tables need Django's start

    process.inside = Worker()
    process.inside.start()


def _stop_worker(server: Any, process: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    inside = getattr(process, "inside", None)
    if inside is not None:
        inside.stop()


def _forget_numbers(server: Any, process: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    if NUMBERS in os.environ:
        from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - only with several processes

        mark_process_dead(process.pid)


def _forget_all_numbers(server: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    if NUMBERS in os.environ:
        shutil.rmtree(os.environ[NUMBERS], ignore_errors=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saluhall.settings")
    OneProcess(bind=sys.argv[1]).run()

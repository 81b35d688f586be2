"""``manage.py worker``: deliver events and do periodic jobs until told to stop."""

import signal
import threading

from django.core.management.base import BaseCommand

from kernel.durability import warn_of_weak_databases
from kernel.events.worker import Worker


class Command(BaseCommand):
    """Runs the worker in a process of its own."""

    help = "Deliver events, try failures again and do periodic jobs, until SIGTERM."

    def handle(self, **_options: object) -> None:
        """Work until SIGTERM or SIGINT, then finish what is in hand."""
        told = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: told.set())
        warn_of_weak_databases()
        worker = Worker()
        worker.start()
        told.wait()
        worker.stop()

"""``manage.py worker``: deliver events and do periodic jobs until told to stop."""

import signal
import threading
from contextlib import suppress

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from kernel.durability import warn_of_weak_databases
from kernel.events.worker import Worker
from kernel.management.ready import refuse_half_restored
from kernel.topology import local_databases


class Command(BaseCommand):
    """Runs the worker in a process of its own."""

    help = "Deliver events, try failures again and do periodic jobs, until SIGTERM."

    def handle(self, **_options: object) -> None:
        """Work until SIGTERM or SIGINT, then finish what is in hand."""
        told = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: told.set())
        for alias in local_databases():
            with suppress(DatabaseError):  # one that is away is waited for
                refuse_half_restored(alias)
        warn_of_weak_databases()
        worker = Worker()
        worker.start()
        told.wait()
        worker.stop()

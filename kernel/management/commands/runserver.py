"""``manage.py runserver``: Django's development server, with the worker inside."""

from typing import Any

from whitenoise.runserver_nostatic.management.commands.runserver import Command as Base

from kernel.events.worker import Worker


class Command(Base):
    """Starts the worker's threads in the process that serves."""

    def inner_run(self, *args: Any, **options: Any) -> None:
        """Serve, and work beside it."""
        worker = Worker()
        worker.start()
        super().inner_run(*args, **options)

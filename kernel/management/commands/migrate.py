"""``manage.py migrate``: Django's, but a statement may take as long as a large table needs."""

from typing import Any

from django.core.management.commands.migrate import Command as Base
from django.db import connections

from kernel.databases import patient
from kernel.management.ready import refuse_half_restored


class Command(Base):
    """Lifts the limit that protects visitors, for this command alone."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, but nothing that is half a shop."""
        refuse_half_restored(options["database"])
        connection = connections[options["database"]]
        usual = connection.settings_dict["OPTIONS"]
        connection.close()
        connection.settings_dict["OPTIONS"] = patient(usual)
        try:
            super().handle(*args, **options)
        finally:
            connection.settings_dict["OPTIONS"] = usual
            connection.close()

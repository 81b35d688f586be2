"""``manage.py demo``: fill a fresh shop; each service that runs here brings its own part."""

from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand

from kernel.topology import local_services


class Command(BaseCommand):
    """Calls ``demo_<service>`` of each local service; each leaves alone what is used already."""

    help = "Fill a fresh shop with people, products and orders; what is used already is left alone."

    def handle(self, **_options: object) -> None:
        """Fill."""
        known = get_commands()
        for service in local_services():
            if f"demo_{service}" in known:
                call_command(f"demo_{service}", stdout=self.stdout)

"""Fill a fresh shop with what each service shows of itself."""

from typing import Any

from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand

from kernel.topology import local_services


class Command(BaseCommand):
    help = "Fill a fresh shop with demo people, products and orders; what is there is left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        """Call ``demo_<service>`` of every service that has one."""
        commands = get_commands()
        for service in local_services():
            if f"demo_{service}" in commands:
                call_command(f"demo_{service}", stdout=self.stdout, stderr=self.stderr)

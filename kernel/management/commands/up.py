"""``manage.py up``: from nothing to a running shop in one process."""

import os
import secrets
import sys
from argparse import ArgumentParser

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from kernel.checks import refuse_unsafe_start
from kernel.secrets import keep
from kernel.topology import local_databases

DEMO_USERS = {
    "shopper@example.com": "a customer",
    "other@example.com": "another customer",
    "admin@example.com": "an admin",
    "super@example.com": "the super user",
}


class Command(BaseCommand):
    """Migrates, fills an empty shop if asked, says where everything is, and serves."""

    help = "Create or update the database, and serve the shop with its worker until Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--demo", action="store_true", help="fill an empty shop with demo products and users")
        parser.add_argument("--bind", default="", help="address to listen on; 127.0.0.1:$PORT by default")

    def handle(self, *, demo: bool, bind: str, **_options: object) -> None:
        """Prepare, then serve."""
        self.check(tags=["security"])
        if demo and not settings.DEBUG:
            raise CommandError("The demo shop is for development: its users share a password that is printed.")
        for alias in local_databases():
            call_command("migrate", database=alias, verbosity=0, interactive=False)
        if not settings.DEBUG:
            call_command("collectstatic", verbosity=0, interactive=False)
        if demo:
            self._fill()
        refuse_unsafe_start()
        address = bind or f"127.0.0.1:{settings.PORT}"
        self._greet(address, is_demo=demo)
        connections.close_all()
        port = bind.rpartition(":")[2]
        if port.isdigit():
            os.environ["PORT"] = port  # where links in mails lead while PUBLIC_URL is not set
        os.chdir(settings.BASE_DIR)
        os.execv(sys.executable, [sys.executable, "-m", "kernel.server", address])  # noqa: S606 - our own module

    def _fill(self) -> None:
        """Load the demo shop; the command leaves a shop alone that has products."""
        if not settings.DEMO_PASSWORD:
            settings.DEMO_PASSWORD = secrets.token_urlsafe(9)
            keep(settings.BASE_DIR / ".env", "DEMO_PASSWORD", settings.DEMO_PASSWORD)
        if "demo" in get_commands():
            call_command("demo")

    def _greet(self, address: str, *, is_demo: bool) -> None:
        url = f"http://{address}"
        lines = [
            "",
            f"Saluhall serves at {url}",
            f"  shop          {url}/",
            f"  back office   {url}/office/",
            f"  API           {url}/api/v1/       documents: {url}/api/v1/docs/",
        ]
        if is_demo:
            lines += ["", f"Sign in with the password {settings.DEMO_PASSWORD} as"]
            lines += [f"  {email:<22}{who}" for email, who in DEMO_USERS.items()]
        lines += ["", "Stop with Ctrl-C.", ""]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()

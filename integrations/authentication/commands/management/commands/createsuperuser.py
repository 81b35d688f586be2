"""Django's ``createsuperuser`` proves no address and tells the audit log nothing: ours stands in its place."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Names the command to use instead."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Refuse."""
        raise CommandError("Use: manage.py create_super_user --email you@example.com")

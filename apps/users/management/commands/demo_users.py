"""``manage.py demo_users``: the people of the demo shop, called by ``manage.py demo``."""

import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.users.services.demo import DEMO_EMAILS, ensure_demo_users
from kernel import clock


class Command(BaseCommand):
    """Everything of an existing demo user stays, but for the password."""

    help = "Make the demo users, or give them the password of DEMO_PASSWORD."

    def handle(self, *args: Any, **options: Any) -> None:
        password = settings.DEMO_PASSWORD or secrets.token_urlsafe(9)
        ensure_demo_users(password=password, now=clock.now())
        if not settings.DEMO_PASSWORD:
            self.stdout.write(f"{', '.join(DEMO_EMAILS)} sign in with the password {password}.")

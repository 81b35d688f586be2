"""``manage.py changepassword you@example.com``: Django's own, which the audit log hears of."""

from typing import Any

from django.contrib.auth.management.commands import changepassword

from apps.users.models import User
from apps.users.services.audit import record_event
from kernel import clock
from kernel.actors import Role


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> str:
        """Change a password by the keyboard of the server; every session of the account ends with the old one."""
        told = str(super().handle(*args, **options))
        user = User.objects.get(email=options["username"])
        record_event(action="password_set", role=Role.SYSTEM.value, subject=("user", user.id), now=clock.now())
        return told

"""``manage.py reset_second_factor EMAIL``: the operator's way out for somebody who lost the second factor."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.users.services.second_factor import reset_second_factor
from kernel import clock
from kernel.errors import NotFoundError


class Command(BaseCommand):
    """Make sure who asks: whoever knows the password can sign in afterwards."""

    help = (
        "Remove the authenticator app, passkeys, recovery codes and mobile number of an account, sign it out everywhere "
        "and tell its owner by mail. The audit log keeps it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="What the person signs in with.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = reset_second_factor(email=options["email"], now=clock.now())
        except NotFoundError as error:
            raise CommandError(f"No account has the e-mail address {options['email']!r}.") from error
        self.stdout.write(f"{user.email} has no second factor any more, is signed out everywhere and got a mail.")

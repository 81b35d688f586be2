"""``manage.py create_super_user --email you@example.com``: the first account of a new shop."""

import getpass
import os
import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from apps.users.services.accounts import create_super_user
from kernel import clock
from kernel.errors import DomainError


class Command(BaseCommand):
    """There is no default password: it is typed twice, or comes from PASSWORD or a file."""

    help = "Make a super user whose e-mail address counts as proven."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True, help="What the super user signs in with.")
        parser.add_argument("--name", default="", help="How the super user is called.")
        parser.add_argument("--password-file", help="File with the password; else PASSWORD, else it is asked for.")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        try:
            validate_email(email)
            user = create_super_user(
                email=email, name=options["name"], password=_password(options["password_file"]), now=clock.now()
            )
        except ValidationError as error:
            raise CommandError(f"{email!r} is not an e-mail address.") from error
        except DomainError as error:
            reasons = [reason for reasons in error.fields.values() for reason in reasons]
            raise CommandError(" ".join([error.message, *reasons])) from error
        self.stdout.write(f"{user.email} is a super user and can sign in at /accounts/login/.")


def _password(file: str | None) -> str:
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}.") from error
    if given := os.environ.get("PASSWORD", ""):
        return given
    if not sys.stdin.isatty():
        raise CommandError("There is no terminal to ask: set PASSWORD or give --password-file.")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Password (again): "):
        raise CommandError("The passwords differ.")
    return password

"""``manage.py restore FILE``: an archive of ``backup`` takes the place of what is here."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from kernel.backups.archive import BackupError
from kernel.backups.restoring import restore_backup
from kernel.topology import local_databases

FINDINGS = 3
"""The exit code when all is back, and the doctor finds fault with it; 1 is a restore that failed."""


class Command(BaseCommand):
    """Checks first, then replaces."""

    help = "Fill empty databases from an archive, bring them up to date, and let the doctor look. Stop the shop first."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path, help="an archive that manage.py backup wrote")
        parser.add_argument("--force", action="store_true", help="throw away what the databases hold now")

    def handle(self, *, file: Path, force: bool, **_options: object) -> None:
        """Give it back, migrate, look."""
        try:
            restore_backup(file.absolute(), tell=self.stdout.write, may_replace=force)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Bringing the tables up to date ...")
        for alias in local_databases():
            call_command("migrate", database=alias, verbosity=0, interactive=False)
        self.stdout.write(f"{file} is restored. Looking for what may never be ...")
        try:
            call_command("doctor", timeless=True, stdout=self.stdout)
        except CommandError as error:
            msg = (
                f"{file} is restored: all that was saved is here. Of the shop as it was saved the doctor says: {error}"
            )
            raise CommandError(msg, returncode=FINDINGS) from error

"""``manage.py backup FILE``: everything that the shop keeps, in one file, while the shop is open."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from kernel import clock
from kernel.backups.archive import BackupError
from kernel.backups.taking import take_backup


class Command(BaseCommand):
    """Reads the shop, writes one file."""

    help = "Write every database and every uploaded file into one archive, while the shop is open."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path, help="such as /backups/shop-2026-11-26.tar.gz")
        parser.add_argument("--force", action="store_true", help="replace the file if it exists")

    def handle(self, *, file: Path, force: bool, **_options: object) -> None:
        """Take it."""
        try:
            manifest = take_backup(file.absolute(), now=clock.now(), tell=self.stdout.write, may_replace=force)
        except BackupError as error:
            raise CommandError(str(error)) from error
        except OSError as error:  # such as a full disk; nothing of it is left
            msg = f"The backup cannot be written: {error}"
            raise CommandError(msg) from error
        self.stdout.write(
            f"{file}: {len(manifest.parts)} parts, {file.stat().st_size / 1e6:.1f} MB. Keep .env elsewhere."
        )

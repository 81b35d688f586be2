"""Write all products to a CSV in Shopify's format, or to a ZIP that takes our own pictures along."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.products.services.exporting import export_archive, export_csv


class Command(BaseCommand):
    help = "Export all products as a CSV in Shopify's format, or as a ZIP with pictures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare where to write."""
        parser.add_argument("file", metavar="FILE", nargs="?", default="-", help="a file, or - for standard output")
        parser.add_argument("--zip", metavar="FILE", help="write products.csv and our own pictures into this archive")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file."""
        try:
            if options["zip"]:
                with Path(options["zip"]).open("wb") as archive:
                    export_archive(archive)
            elif options["file"] == "-":
                for line in export_csv():
                    self.stdout.write(line, ending="")
            else:
                with Path(options["file"]).open("w", encoding="utf-8", newline="") as file:
                    file.writelines(export_csv())
        except BrokenPipeError:
            sys.stderr.close()
        except OSError as error:
            raise CommandError(str(error)) from error

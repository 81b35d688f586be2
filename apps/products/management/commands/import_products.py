"""Read products from a CSV in Shopify's format, or from a ZIP that ``export_products --zip`` has written."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from apps.products.rules.csv_reading import UnreadableFileError
from apps.products.services.importing import Import, ImportOptions, Outcome
from apps.products.services.importing_files import opened
from apps.products.services.importing_sources import PictureFetcher
from contracts.orders import Orders
from kernel import clock
from kernel.actors import SYSTEM
from kernel.ids import uuid7
from kernel.rpc import client


class Command(BaseCommand):
    help = "Import products from a CSV in Shopify's format, or a ZIP with products.csv and pictures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and what to do with it."""
        parser.add_argument("file", metavar="FILE", help="products.csv or products.zip")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")
        parser.add_argument(
            "--set-stock", action="store_true", help="set the stock of products that exist to the file's quantities"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, show what was refused, and end with 1 when something was."""
        path = Path(options["file"])
        try:
            with path.open("rb") as file, opened(file, folder=path.parent) as product_file:
                run = Import(
                    product_file.products,
                    options=ImportOptions(
                        currency=client(Orders).shop().currency,
                        actor=SYSTEM,
                        is_dry_run=options["dry_run"],
                        sets_stock=options["set_stock"],
                        reference=uuid7(),
                    ),
                    fetcher=PictureFetcher(local=product_file.local),
                    clock=clock.now,
                )
                total = self._run(run)
        except (OSError, UnreadableFileError) as error:
            raise CommandError(str(error)) from error
        self._close(total, is_dry_run=options["dry_run"])

    def _run(self, run: Import) -> Outcome:
        total = Outcome()
        with tqdm(total=run.total, unit=" products", file=self.stderr, disable=None) as bar:
            for outcome in run.run():
                total.add(outcome)
                bar.update(outcome.done)
        return total

    def _close(self, total: Outcome, *, is_dry_run: bool) -> None:
        for problem in total.problems:
            self.stderr.write(self.style.ERROR(f"Row {problem.row}: {problem.message}"))
        for picture in total.left_out:
            self.stderr.write(self.style.WARNING(f"Row {picture.row}: {picture.message}"))
        would = "would be " if is_dry_run else ""
        self.stdout.write(
            f"{total.done} products: {total.created} {would}created, {total.updated} {would}updated, "
            f"{total.unchanged} unchanged, {total.refused} refused. "
            f"{total.pictures_added} pictures {would}added, {len(total.left_out)} left out."
        )
        if total.refused:
            raise SystemExit(1)

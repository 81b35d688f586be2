"""Fill an empty catalogue with the demo shop's products."""

from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand

from apps.products.models.catalogue import Product
from apps.products.services.importing import Import, ImportOptions, Outcome
from apps.products.services.importing_files import opened
from apps.products.services.importing_sources import PictureFetcher
from contracts.orders import Orders
from kernel import clock
from kernel.actors import SYSTEM
from kernel.rpc import client

CATALOGUE: Final = Path(__file__).resolve().parent.parent / "demo" / "catalogue.csv"


class Command(BaseCommand):
    help = "Fill an empty catalogue with demo products; a catalogue with products is left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the demo catalogue, once."""
        if Product.objects.exists():
            return
        total = Outcome()
        with CATALOGUE.open("rb") as file, opened(file, folder=CATALOGUE.parent) as product_file:
            run = Import(
                product_file.products,
                options=ImportOptions(currency=client(Orders).shop().currency, actor=SYSTEM),
                fetcher=PictureFetcher(local=product_file.local),
                clock=clock.now,
            )
            for outcome in run.run():
                total.add(outcome)
        self.stdout.write(f"Demo: {total.created} products with {total.pictures_added} pictures.")

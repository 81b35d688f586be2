"""Give a fresh shop settings and a month of orders."""

import json
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand

from apps.orders.services.demo import is_untouched, place_demo_orders, set_up_demo_shop
from kernel import clock

FOLDER: Final = Path(__file__).resolve().parent.parent / "demo"


class Command(BaseCommand):
    help = "Give a fresh shop demo settings and orders; a shop that is used is left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        """Set up and order, once."""
        if not is_untouched():
            return
        now = clock.now()
        set_up_demo_shop(content=_content("shop.json"), now=now)
        count = place_demo_orders(content=_content("orders.json"), now=now)
        self.stdout.write(f"Demo: {count} orders of the last month.")


def _content(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))

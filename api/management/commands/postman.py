"""``manage.py postman``: the Postman collection of the API, from its schema."""

from argparse import ArgumentParser

import orjson
from django.core.management.base import BaseCommand

from api.postman import collection
from api.views import schema_text


class Command(BaseCommand):
    """Prints the collection."""

    help = "Print the Postman collection of the API (v2.1), made from the schema."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the address that the collection calls."""
        parser.add_argument("--base-url", default="", help="where the shop is; http://127.0.0.1:8000 by default")

    def handle(self, *, base_url: str, **_options: object) -> None:
        """Print."""
        made = collection(orjson.loads(schema_text("json")), base_url=base_url)
        self.stdout.write(orjson.dumps(made, option=orjson.OPT_INDENT_2).decode())

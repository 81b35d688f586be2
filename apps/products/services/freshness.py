"""The number that tells caches and browsers that the catalogue has changed."""

from django.db.models import F

from apps.products.models.catalogue import CatalogueVersion
from apps.products.selectors.front import forget_menu
from kernel.periodic import every
from kernel.transactions import on_commit, unit_of_work


def announce_change() -> None:
    """Count the catalogue up once the running transaction has committed, never inside it: one row for all writers."""
    on_commit(count_up, service="products")


def announce_new_tree() -> None:
    """As ``announce_change``, when categories changed: the menu of this process is read again."""
    announce_change()
    on_commit(forget_menu, service="products")


@unit_of_work
def count_up() -> None:
    """Count the catalogue up now."""
    if not CatalogueVersion.objects.filter(id=1).update(value=F("value") + 1):
        CatalogueVersion.objects.get_or_create(id=1, defaults={"value": 2})


@every(minutes=10)
def count_up_for_the_lost() -> None:
    """A process that was ended between its commit and the count told nobody: nothing stays old for longer than this."""
    count_up()

"""Give each database its own full-text index, and let MariaDB and MySQL compare SKUs and options letter by letter."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from apps.products.models.search import install, remove

EXACT_COLUMNS = (
    ("products_variant", "sku", "varchar(64) NOT NULL"),
    ("products_variant", "option1", "varchar(120) NOT NULL"),
    ("products_variant", "option2", "varchar(120) NOT NULL"),
    ("products_variant", "option3", "varchar(120) NOT NULL"),
    ("products_stock", "sku", "varchar(64) NOT NULL"),
    ("products_stockmovement", "sku", "varchar(64) NOT NULL"),
    ("products_reservationline", "sku", "varchar(64) NOT NULL"),
)


def compare_exactly(_apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make "MUG" and "mug" two SKUs on MySQL, as they are on the others."""
    if schema_editor.connection.vendor != "mysql":
        return
    for table, column, kind in EXACT_COLUMNS:
        kind_exact = kind.replace(" NOT NULL", " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL")
        schema_editor.execute(f"ALTER TABLE {table} MODIFY {column} {kind_exact}", params=None)


class Migration(migrations.Migration):
    """The index itself is described in ``models.search``."""

    atomic = False  # MySQL cannot undo a change of tables
    dependencies = (("products", "0001_initial"),)
    operations = (
        migrations.RunPython(compare_exactly, migrations.RunPython.noop),
        migrations.RunPython(install, remove),
    )

"""The look at new columns finds what would break the version that still runs."""

import pytest
from django.db import migrations, models

from tests.migrations import columns_without_default

NEW_TABLE = migrations.CreateModel("Parcel", [("id", models.BigAutoField(primary_key=True))])


@pytest.mark.parametrize(
    ("field", "found"),
    [
        (models.IntegerField(default=0), ["orders 0009_more: order.weight"]),
        (models.IntegerField(default=0, db_default=0), []),
        (models.IntegerField(null=True), []),
    ],
)
def test_a_new_column_that_old_code_cannot_fill_is_found(field: models.Field, found: list[str]) -> None:
    migration = migrations.Migration("0009_more", "orders")
    migration.operations = [NEW_TABLE, migrations.AddField("order", "weight", field)]

    assert columns_without_default(migration) == found


def test_a_column_of_a_new_table_needs_no_default() -> None:
    migration = migrations.Migration("0009_more", "orders")
    migration.operations = [NEW_TABLE, migrations.AddField("parcel", "weight", models.IntegerField())]

    assert columns_without_default(migration) == []

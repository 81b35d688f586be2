"""The tables of the catalogue, of stock and of imports."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models

import apps.products.models.media
import kernel.clock
import kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Restock",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("order_id", models.UUIDField(db_index=True)),
                ("created_at", models.DateTimeField(default=kernel.clock.now)),
            ],
        ),
        migrations.CreateModel(
            name="CatalogueVersion",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("value", models.PositiveBigIntegerField(default=1)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="products_catalogue_version_single")
                ],
            },
        ),
        migrations.CreateModel(
            name="Category",
            fields=[
                ("id", models.UUIDField(default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                (
                    "slug",
                    models.CharField(
                        max_length=120,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9][a-z0-9_-]*\\Z", "Use small letters, digits, hyphens and underscores."
                            )
                        ],
                    ),
                ),
                ("path_slugs", models.CharField(db_index=True, max_length=700)),
                ("path_names", models.CharField(max_length=700)),
                ("position", models.PositiveIntegerField(default=0)),
                ("description", models.TextField(blank=True, default="")),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(default=kernel.clock.now)),
                ("updated_at", models.DateTimeField(default=kernel.clock.now)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="products.category",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "categories",
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.UUIDField(default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=255)),
                (
                    "slug",
                    models.CharField(
                        max_length=255,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9][a-z0-9_-]*\\Z", "Use small letters, digits, hyphens and underscores."
                            )
                        ],
                    ),
                ),
                ("summary", models.CharField(blank=True, default="", max_length=500)),
                ("description", models.TextField(blank=True, default="")),
                ("vendor", models.CharField(blank=True, default="", max_length=255)),
                ("product_type", models.CharField(blank=True, default="", max_length=255)),
                ("tags", models.JSONField(blank=True, default=list)),
                ("is_published", models.BooleanField(default=False)),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                ("options", models.JSONField(blank=True, default=list)),
                ("attributes", models.JSONField(blank=True, default=dict)),
                ("extra_columns", models.JSONField(blank=True, default=dict)),
                ("seo_title", models.CharField(blank=True, default="", max_length=255)),
                ("seo_description", models.CharField(blank=True, default="", max_length=500)),
                (
                    "tax_class",
                    models.CharField(
                        default="standard",
                        max_length=30,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9][a-z0-9_-]*\\Z", "Use small letters, digits, hyphens and underscores."
                            )
                        ],
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(default=kernel.clock.now)),
                ("updated_at", models.DateTimeField(default=kernel.clock.now)),
                ("price_minor", models.BigIntegerField(default=0)),
                ("price_is_from", models.BooleanField(default=False)),
                ("compare_at_minor", models.BigIntegerField(blank=True, null=True)),
                ("currency", models.CharField(max_length=3)),
                ("available", models.PositiveIntegerField(default=0)),
                ("in_stock", models.BooleanField(default=False)),
                ("picture_url", models.CharField(blank=True, default="", max_length=1000)),
                ("picture_alt", models.CharField(blank=True, default="", max_length=500)),
                ("pictures", models.JSONField(blank=True, default=list)),
                ("search_text", models.TextField(blank=True, default="")),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="products.category",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                ("order_id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("held", "Held"),
                            ("confirmed", "Confirmed"),
                            ("cancelled", "Cancelled"),
                            ("expired", "Expired"),
                        ],
                        max_length=10,
                    ),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=kernel.clock.now)),
            ],
            options={
                "indexes": [models.Index(fields=["state", "expires_at"], name="products_reservations_due")],
            },
        ),
        migrations.CreateModel(
            name="ReservationLine",
            fields=[
                ("id", models.UUIDField(default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("sku", models.CharField(db_index=True, max_length=64)),
                ("quantity", models.PositiveIntegerField()),
                ("returned_quantity", models.PositiveIntegerField(default=0)),
                (
                    "reservation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="products.reservation"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SlugRedirect",
            fields=[
                ("old_slug", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=kernel.clock.now)),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="redirects", to="products.product"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="StockMovement",
            fields=[
                ("id", models.UUIDField(default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("sku", models.CharField(max_length=64)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("adjusted", "Adjusted"),
                            ("reserved", "Reserved"),
                            ("released", "Released"),
                            ("sold", "Sold"),
                            ("returned", "Returned"),
                        ],
                        max_length=10,
                    ),
                ),
                ("quantity", models.IntegerField(default=0)),
                ("reserved_quantity", models.IntegerField(default=0)),
                ("reason", models.CharField(blank=True, default="", max_length=200)),
                ("reference", models.UUIDField(blank=True, db_index=True, null=True)),
                ("actor_id", models.UUIDField(blank=True, null=True)),
                ("actor_label", models.CharField(blank=True, default="", max_length=254)),
                ("created_at", models.DateTimeField(default=kernel.clock.now)),
            ],
            options={
                "indexes": [models.Index(fields=["sku", "-id"], name="products_movements_of_sku")],
            },
        ),
        migrations.CreateModel(
            name="Variant",
            fields=[
                ("id", models.UUIDField(default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "sku",
                    models.CharField(
                        max_length=64,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[^\\s\\x00-\\x1f](?:[^\\x00-\\x1f]*[^\\s\\x00-\\x1f])?\\Z",
                                "Use printable characters without spaces around.",
                            )
                        ],
                    ),
                ),
                ("option1", models.CharField(blank=True, default="", max_length=120)),
                ("option2", models.CharField(blank=True, default="", max_length=120)),
                ("option3", models.CharField(blank=True, default="", max_length=120)),
                ("price_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("compare_at_minor", models.BigIntegerField(blank=True, null=True)),
                ("barcode", models.CharField(blank=True, default="", max_length=64)),
                ("weight_grams", models.PositiveIntegerField(default=0)),
                ("position", models.PositiveIntegerField(default=0)),
                ("requires_shipping", models.BooleanField(default=True)),
                ("is_taxable", models.BooleanField(default=True)),
                ("extra_columns", models.JSONField(blank=True, default=dict)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(default=kernel.clock.now)),
                ("updated_at", models.DateTimeField(default=kernel.clock.now)),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="variants", to="products.product"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Stock",
            fields=[
                ("sku", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("on_hand", models.IntegerField(default=0)),
                ("reserved", models.IntegerField(default=0)),
                ("low_stock_mark", models.PositiveIntegerField(blank=True, null=True)),
                ("is_low", models.BooleanField(default=False)),
                (
                    "variant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="stock", to="products.variant"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "stock",
            },
        ),
        migrations.CreateModel(
            name="Media",
            fields=[
                ("id", models.UUIDField(default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "file",
                    models.FileField(
                        blank=True, default="", max_length=255, upload_to=apps.products.models.media.picture_path
                    ),
                ),
                (
                    "thumbnail",
                    models.FileField(
                        blank=True, default="", max_length=255, upload_to=apps.products.models.media.thumbnail_path
                    ),
                ),
                ("source_url", models.CharField(blank=True, default="", max_length=1000)),
                ("alt", models.CharField(blank=True, default="", max_length=500)),
                ("position", models.PositiveIntegerField(default=0)),
                ("width", models.PositiveIntegerField(default=0)),
                ("height", models.PositiveIntegerField(default=0)),
                ("content_type", models.CharField(blank=True, default="", max_length=50)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(default=kernel.clock.now)),
                ("updated_at", models.DateTimeField(default=kernel.clock.now)),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="media", to="products.product"
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="media",
                        to="products.variant",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "media",
            },
        ),
        migrations.AddConstraint(
            model_name="category",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("parent__isnull", True), models.Q(("parent", models.F("id")), _negated=True), _connector="OR"
                ),
                name="products_category_not_own",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["is_published", "-published_at", "-id"], name="products_newest"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["is_published", "price_minor", "id"], name="products_by_price"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["is_published", "name", "id"], name="products_by_name"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                fields=["category", "is_published", "-published_at", "-id"], name="products_by_category"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["-created_at", "-id"], name="products_by_creation"),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("price_minor__gte", 0), ("price_minor__lte", 999999999999999)),
                name="products_product_price_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_published", False), ("published_at__isnull", False), _connector="OR"),
                name="products_product_published_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservationline",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 1)), name="products_reservation_quantity_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="reservationline",
            constraint=models.CheckConstraint(
                condition=models.Q(("returned_quantity__lte", models.F("quantity"))),
                name="products_reservation_returned_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservationline",
            constraint=models.UniqueConstraint(fields=("reservation", "sku"), name="products_reservation_sku_once"),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(("price_minor__gte", 0), ("price_minor__lte", 999999999999999)),
                name="products_variant_price_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(("compare_at_minor__gte", 0), ("compare_at_minor__lte", 999999999999999)),
                name="products_variant_compare_at_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(django.db.models.functions.text.Length("currency"), 3),
                name="products_variant_currency",
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.UniqueConstraint(
                fields=("product", "option1", "option2", "option3"), name="products_variant_options_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="stock",
            constraint=models.CheckConstraint(
                condition=models.Q(("reserved__gte", 0), ("on_hand__gte", models.F("reserved"))),
                name="products_stock_never_oversold",
            ),
        ),
        migrations.AddIndex(
            model_name="media",
            index=models.Index(fields=["product", "position", "id"], name="products_media_order"),
        ),
    ]

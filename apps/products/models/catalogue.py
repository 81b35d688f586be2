"""What is sold: categories, products and their variants."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from apps.products.rules.names import SKU_PATTERN, SLUG_PATTERN
from kernel.clock import now
from kernel.ids import uuid7
from kernel.money import MAX_MINOR, Money

slug_validator = RegexValidator(SLUG_PATTERN, "Use small letters, digits, hyphens and underscores.")
sku_validator = RegexValidator(SKU_PATTERN, "Use printable characters without spaces around.")


def price_check(*, column: str, name: str) -> models.CheckConstraint:
    """Return the promise that a price is between nothing and what money can hold."""
    return models.CheckConstraint(condition=Q(**{f"{column}__gte": 0, f"{column}__lte": MAX_MINOR}), name=name)


class Category(models.Model):
    """One shelf in a tree of shelves; the paths repeat the ancestors, so that no read walks the tree."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    name = models.CharField(max_length=120)
    slug = models.CharField(max_length=120, unique=True, validators=[slug_validator])
    path_slugs = models.CharField(max_length=700, db_index=True)  # "/clothing/shirts/"
    path_names = models.CharField(max_length=700)  # one name a line, the root first
    position = models.PositiveIntegerField(default=0)
    description = models.TextField(blank=True, default="")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=now)
    updated_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name_plural = "categories"
        constraints = (
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="products_category_not_own"
            ),
        )

    def __str__(self) -> str:
        return " / ".join(self.path_names.split("\n"))

    @property
    def depth(self) -> int:
        """How many ancestors there are."""
        return self.path_slugs.count("/") - 2

    @property
    def path(self) -> list[dict[str, str]]:
        """Return slug and name of each ancestor and of itself, the root first."""
        slugs = self.path_slugs.strip("/").split("/")
        return [{"slug": slug, "name": name} for slug, name in zip(slugs, self.path_names.split("\n"), strict=True)]


class Product(models.Model):
    """Something that is sold in one or more variants.

    The columns from ``price_minor`` on repeat what variants, stock and pictures say, so that a page of the
    catalogue is one statement; ``services.projection`` keeps them.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=255)
    slug = models.CharField(max_length=255, unique=True, validators=[slug_validator])
    summary = models.CharField(max_length=500, blank=True, default="")
    description = models.TextField(blank=True, default="")  # sanitised HTML
    vendor = models.CharField(max_length=255, blank=True, default="")
    product_type = models.CharField(max_length=255, blank=True, default="")
    tags = models.JSONField(default=list, blank=True)
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="products")
    is_published = models.BooleanField(default=False)
    published_at = models.DateTimeField(null=True, blank=True)
    options = models.JSONField(default=list, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    extra_columns = models.JSONField(default=dict, blank=True)
    seo_title = models.CharField(max_length=255, blank=True, default="")
    seo_description = models.CharField(max_length=500, blank=True, default="")
    tax_class = models.CharField(max_length=30, default="standard", validators=[slug_validator])
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=now)
    updated_at = models.DateTimeField(default=now)

    price_minor = models.BigIntegerField(default=0)
    price_is_from = models.BooleanField(default=False)
    compare_at_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3)
    available = models.PositiveIntegerField(default=0)
    in_stock = models.BooleanField(default=False)
    picture_url = models.CharField(max_length=1000, blank=True, default="")
    picture_alt = models.CharField(max_length=500, blank=True, default="")
    pictures = models.JSONField(default=list, blank=True)
    search_text = models.TextField(blank=True, default="")

    class Meta:
        constraints = (
            price_check(column="price_minor", name="products_product_price_range"),
            models.CheckConstraint(
                condition=Q(is_published=False) | Q(published_at__isnull=False), name="products_product_published_at"
            ),
        )
        indexes = (
            models.Index(fields=("is_published", "-published_at", "-id"), name="products_newest"),
            models.Index(fields=("is_published", "price_minor", "id"), name="products_by_price"),
            models.Index(fields=("is_published", "name", "id"), name="products_by_name"),
            models.Index(fields=("category", "is_published", "-published_at", "-id"), name="products_by_category"),
            models.Index(fields=("-created_at", "-id"), name="products_by_creation"),
        )

    def __str__(self) -> str:
        return self.slug

    @property
    def price(self) -> Money:
        """Return the lowest price among the variants."""
        return Money(minor=self.price_minor, currency=self.currency)


class SlugRedirect(models.Model):
    """An address that a product had before it was renamed."""

    old_slug = models.CharField(max_length=255, primary_key=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="redirects")
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.old_slug


class Variant(models.Model):
    """What is put into a cart: one product in one combination of options, under one SKU."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    sku = models.CharField(max_length=64, unique=True, validators=[sku_validator])
    option1 = models.CharField(max_length=120, blank=True, default="")
    option2 = models.CharField(max_length=120, blank=True, default="")
    option3 = models.CharField(max_length=120, blank=True, default="")
    price_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    compare_at_minor = models.BigIntegerField(null=True, blank=True)
    barcode = models.CharField(max_length=64, blank=True, default="")
    weight_grams = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)
    requires_shipping = models.BooleanField(default=True)
    is_taxable = models.BooleanField(default=True)
    extra_columns = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=now)
    updated_at = models.DateTimeField(default=now)

    class Meta:
        constraints = (
            price_check(column="price_minor", name="products_variant_price_range"),
            price_check(column="compare_at_minor", name="products_variant_compare_at_range"),
            models.CheckConstraint(condition=Exact(Length("currency"), 3), name="products_variant_currency"),
            models.UniqueConstraint(
                fields=("product", "option1", "option2", "option3"), name="products_variant_options_once"
            ),
        )

    def __str__(self) -> str:
        return self.sku

    @property
    def price(self) -> Money:
        """Return what one costs."""
        return Money(minor=self.price_minor, currency=self.currency)

    @property
    def compare_at_price(self) -> Money | None:
        """Return what it cost before, when that is worth telling."""
        if self.compare_at_minor is None:
            return None
        return Money(minor=self.compare_at_minor, currency=self.currency)

    @property
    def option_values(self) -> list[str]:
        """Return the chosen values in the order of the product's options."""
        return [value for value in (self.option1, self.option2, self.option3) if value]

    @property
    def name(self) -> str:
        """Return the chosen options as text, such as ``Large / Blue``."""
        return " / ".join(self.option_values)


class CatalogueVersion(models.Model):
    """One number that grows with every change of what the shop shows; it is the ETag of lists."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    value = models.PositiveBigIntegerField(default=1)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="products_catalogue_version_single"),)

    def __str__(self) -> str:
        return f"catalogue {self.value}"

"""Write what was planned for a batch of products: one statement a table, stock last."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import F, Value
from django.db.models.functions import Concat

from apps.products.models.catalogue import Product, SlugRedirect, Variant
from apps.products.models.media import Media
from apps.products.models.stock import MovementKind, Stock, StockMovement
from apps.products.services.freshness import announce_change
from apps.products.services.importing_plan import Plan
from apps.products.services.leaving import left_over
from apps.products.services.projection import refresh_products, show
from kernel.actors import Actor
from kernel.errors import ConflictError

BATCH: Final = 100
PRODUCT_COLUMNS: Final = (
    *("name", "summary", "description", "vendor", "product_type", "tags", "category", "is_published", "published_at"),
    *("options", "attributes", "extra_columns", "seo_title", "seo_description", "tax_class", "version", "updated_at"),
)
VARIANT_COLUMNS: Final = (
    *("option1", "option2", "option3", "price_minor", "currency", "compare_at_minor", "barcode", "weight_grams"),
    *("position", "requires_shipping", "is_taxable", "extra_columns", "version", "updated_at"),
)
MEDIA_COLUMNS: Final = (
    *("variant", "file", "thumbnail", "source_url", "alt", "position", "width", "height", "content_type", "version"),
    "updated_at",
)


class StockMovedError(ConflictError):
    """Stock moved between the look and the write; the product is looked at again."""

    code = "stock_moved"


def write_plans(plans: Sequence[Plan], *, reference: UUID | None, actor: Actor, now: datetime) -> None:
    """Write all of it; the caller's transaction makes it all or nothing.

    :raises StockMovedError: a counted SKU was sold meanwhile.
    """
    changed = [plan for plan in plans if plan.is_changed]
    if not changed:
        return
    _write_products(changed)
    _write_variants(changed)
    _write_media(changed, now=now)
    _write_stock(changed, reference=reference, actor=actor, now=now)
    if old := [plan.product.id for plan in changed if not plan.is_new]:
        refresh_products(product_ids=old)
    announce_change()


def _write_products(plans: Sequence[Plan]) -> None:
    for plan in plans:
        if plan.is_new:
            pictures = sorted((media for media in plan.new_media if media.file), key=lambda media: media.position)
            show(plan.product, variants=plan.new_variants, media=pictures)
    if new := [plan.product for plan in plans if plan.is_new]:
        SlugRedirect.objects.filter(old_slug__in=[product.slug for product in new]).delete()
        Product.objects.bulk_create(new, batch_size=BATCH)
    if changed := [plan.product for plan in plans if plan.is_product_changed and not plan.is_new]:
        Product.objects.bulk_update(changed, PRODUCT_COLUMNS, batch_size=BATCH)


def _write_variants(plans: Sequence[Plan]) -> None:
    if changed := [variant for plan in plans for variant in plan.changed_variants]:
        if any(plan.has_moved_options for plan in plans):
            # A place of its own for each first, because two variants may exchange their values.
            passing = Concat(Value("~ "), F("sku"))
            Variant.objects.filter(id__in=[variant.id for variant in changed]).update(
                option1=passing, option2="", option3=""
            )
        Variant.objects.bulk_update(changed, VARIANT_COLUMNS, batch_size=BATCH)
    if new := [variant for plan in plans for variant in plan.new_variants]:
        Variant.objects.bulk_create(new, batch_size=BATCH)


def _write_media(plans: Sequence[Plan], *, now: datetime) -> None:
    if new := [media for plan in plans for media in plan.new_media]:
        Media.objects.bulk_create(new, batch_size=BATCH)
    if changed := [media for plan in plans for media in plan.changed_media]:
        for media in changed:
            media.updated_at = now
        Media.objects.bulk_update(changed, MEDIA_COLUMNS, batch_size=BATCH)


def _write_stock(plans: Sequence[Plan], *, reference: UUID | None, actor: Actor, now: datetime) -> None:
    new = [stock for plan in plans for stock in plan.new_stock]
    counted = sorted((pair for plan in plans for pair in plan.counted), key=lambda pair: pair[0].sku)
    received = [(MovementKind.RECEIVED, stock.sku, stock.on_hand, "imported") for stock in new if stock.on_hand]
    adjusted = [
        (MovementKind.ADJUSTED, stock.sku, quantity - stock.on_hand, "counted, imported") for stock, quantity in counted
    ]
    movements = [
        StockMovement(
            sku=sku,
            kind=kind,
            quantity=quantity,
            reason=reason,
            reference=reference,
            actor_id=actor.id,
            actor_label=actor.label,
            created_at=now,
        )
        for kind, sku, quantity, reason in [*received, *adjusted]
    ]
    again = left_over([stock.sku for stock in new], actor=actor, now=now) if new else []
    StockMovement.objects.bulk_create([*again, *movements], batch_size=BATCH)
    Stock.objects.bulk_create(new, batch_size=BATCH)
    for stock, quantity in counted:
        unmoved = Stock.objects.filter(sku=stock.sku, on_hand=stock.on_hand, reserved__lte=quantity)
        if not unmoved.update(on_hand=quantity):
            raise StockMovedError("The stock moved meanwhile.")

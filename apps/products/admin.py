"""The catalogue in Django's admin: to look at; changes go through the back office and the API, which keep its promises."""

from django.contrib import admin

from apps.products.models.catalogue import Category, Product, SlugRedirect, Variant
from apps.products.models.imports import ImportJob
from apps.products.models.media import Media
from apps.products.models.stock import Reservation, ReservationLine, Stock, StockMovement
from kernel.read_only import ReadOnlyAdmin, ReadOnlyRows


@admin.register(Category)
class CategoryAdmin(ReadOnlyAdmin):
    """The tree."""

    list_display = ("path_slugs", "name", "position")
    search_fields = ("name", "slug")
    ordering = ("path_slugs", "id")


@admin.register(Product)
class ProductAdmin(ReadOnlyAdmin):
    """Products with what lists show of them."""

    list_display = ("name", "slug", "is_published", "price_minor", "currency", "available", "updated_at")
    list_filter = ("is_published", "in_stock")
    search_fields = ("name", "slug")
    ordering = ("-created_at", "-id")


@admin.register(Variant)
class VariantAdmin(ReadOnlyAdmin):
    """Variants by SKU."""

    list_display = ("sku", "product", "name", "price_minor", "currency")
    list_select_related = ("product",)
    search_fields = ("sku", "barcode")
    ordering = ("sku",)


@admin.register(Stock)
class StockAdmin(ReadOnlyAdmin):
    """What is on the shelf."""

    list_display = ("sku", "on_hand", "reserved", "available", "low_stock_mark", "is_low")
    list_filter = ("is_low",)
    search_fields = ("sku",)
    ordering = ("sku",)


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """The ledger."""

    list_display = ("sku", "kind", "quantity", "reserved_quantity", "reason", "actor_label", "created_at")
    list_filter = ("kind",)
    search_fields = ("sku", "reference")
    ordering = ("-id",)


class ReservationLineInline(ReadOnlyRows):
    """What an order claims."""

    model = ReservationLine


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    """Orders' claims on stock."""

    list_display = ("order_id", "state", "expires_at", "created_at")
    list_filter = ("state",)
    search_fields = ("order_id",)
    ordering = ("-created_at", "order_id")
    inlines = (ReservationLineInline,)


@admin.register(Media)
class MediaAdmin(ReadOnlyAdmin):
    """Pictures."""

    list_display = ("id", "product", "alt", "content_type", "width", "height")
    list_select_related = ("product",)
    search_fields = ("product__name", "alt")
    ordering = ("-id",)


@admin.register(SlugRedirect)
class SlugRedirectAdmin(ReadOnlyAdmin):
    """Addresses that products had before."""

    list_display = ("old_slug", "product", "created_at")
    list_select_related = ("product",)
    search_fields = ("old_slug",)
    ordering = ("old_slug",)


@admin.register(ImportJob)
class ImportJobAdmin(ReadOnlyAdmin):
    """Files that were read."""

    list_display = ("filename", "state", "created_at")
    list_filter = ("state",)
    ordering = ("-created_at", "-id")

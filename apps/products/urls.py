"""Addresses of the products service: ``api`` below /api/v1/, ``pages`` below /."""

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from apps.products.pages import categories, imports, office, pictures, reservations, shop, stock, variants
from apps.products.views.categories import CategoryViewSet
from apps.products.views.imports import ProductExportView, ProductImportReportView, ProductImportView
from apps.products.views.media import MediaViewSet
from apps.products.views.products import ProductViewSet
from apps.products.views.reservations import ReservationViewSet
from apps.products.views.stock import StockMovementViewSet, StockViewSet
from apps.products.views.variants import VariantViewSet

router = SimpleRouter()
router.register("products", ProductViewSet, basename="product")
router.register("variants", VariantViewSet, basename="variant")
router.register("categories", CategoryViewSet, basename="category")
router.register("media", MediaViewSet, basename="media")
router.register("stock", StockViewSet, basename="stock")
router.register("reservations", ReservationViewSet, basename="reservation")
router.register("stock-movements", StockMovementViewSet, basename="stock-movement")

_shop = [
    path("", shop.home, name="home"),
    path("products/", shop.product_list, name="list"),
    path("products/<slug:slug>/", shop.product, name="product"),
]
_picture = "products/<uuid:product_id>/pictures/<uuid:media_id>/"
_variant = "products/<uuid:product_id>/variants/<uuid:variant_id>/"
_office = [
    path("products/", office.product_list, name="list"),
    path("products/new/", office.product_new, name="new"),
    path("products/export/", imports.export, name="export"),
    path("products/<uuid:product_id>/", office.product_edit, name="product"),
    path("products/<uuid:product_id>/publish/", office.product_publish, name="publish"),
    path("products/<uuid:product_id>/delete/", office.product_delete, name="delete"),
    path("products/<uuid:product_id>/variants/", variants.variant_list, name="variants"),
    path("products/<uuid:product_id>/options/", variants.option_list, name="options"),
    path(_variant, variants.variant_edit, name="variant"),
    path(f"{_variant}remove/", variants.variant_remove, name="variant_remove"),
    path("products/<uuid:product_id>/stock/", stock.stock, name="stock"),
    path("products/<uuid:product_id>/pictures/", pictures.picture_list, name="pictures"),
    path(_picture, pictures.picture_edit, name="picture"),
    path(f"{_picture}delete/", pictures.picture_delete, name="picture_delete"),
    path(f"{_picture}up/", pictures.picture_up, name="picture_up"),
    path("categories/", categories.category_list, name="categories"),
    path("categories/new/", categories.category_new, name="category_new"),
    path("categories/<uuid:category_id>/", categories.category_edit, name="category"),
    path("categories/<uuid:category_id>/delete/", categories.category_delete, name="category_delete"),
    path("reservations/", reservations.reservation_list, name="reservations"),
    path("reservations/<uuid:order_id>/release/", reservations.release, name="reservation_release"),
    path("import/", imports.import_list, name="imports"),
    path("import/<uuid:job_id>/", imports.import_progress, name="import"),
]

api: list[URLPattern | URLResolver] = [
    path("products/import/", ProductImportView.as_view(), name="products-import"),
    path("products/export/", ProductExportView.as_view(), name="products-export"),
    path("product-imports/<uuid:job_id>/", ProductImportReportView.as_view(), name="product-import"),
    *router.urls,
]
pages: list[URLPattern | URLResolver] = [
    path("", include((_shop, "products"))),
    path("office/", include((_office, "products_office"))),
]

"""Addresses of the products service: ``api`` below /api/v1/, ``pages`` below /."""

from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from apps.products.views.categories import CategoryViewSet
from apps.products.views.media import MediaViewSet
from apps.products.views.products import ProductViewSet
from apps.products.views.stock import StockMovementViewSet, StockViewSet
from apps.products.views.variants import VariantViewSet

router = SimpleRouter()
router.register("products", ProductViewSet, basename="product")
router.register("variants", VariantViewSet, basename="variant")
router.register("categories", CategoryViewSet, basename="category")
router.register("media", MediaViewSet, basename="media")
router.register("stock", StockViewSet, basename="stock")
router.register("stock-movements", StockMovementViewSet, basename="stock-movement")

api: list[URLPattern | URLResolver] = [*router.urls]
pages: list[URLPattern | URLResolver] = []

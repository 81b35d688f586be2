"""Addresses of the orders service: ``api`` below /api/v1/, ``pages`` below /."""

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from apps.orders.views.carts import CartViewSet
from apps.orders.views.order_actions import OrderViewSet
from apps.orders.views.settings import ShopView, TaxRateViewSet
from apps.orders.views.shipping_methods import ShippingMethodViewSet

_router = SimpleRouter(use_regex_path=False)
_router.register("carts", CartViewSet, basename="cart")
_router.register("orders", OrderViewSet, basename="order")
_router.register("shipping-methods", ShippingMethodViewSet, basename="shipping-method")
_router.register("tax-rates", TaxRateViewSet, basename="tax-rate")

api: list[URLPattern | URLResolver] = [path("shop/", ShopView.as_view(), name="shop"), *_router.urls]
pages: list[URLPattern | URLResolver] = []

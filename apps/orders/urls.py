"""Addresses of the orders service: ``api`` below /api/v1/, ``pages`` below /."""

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from apps.orders.pages import cart, checkout, history, payment
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

_shop = [
    path("cart/", cart.cart, name="cart"),
    path("cart/lines/", cart.add_line, name="add_line"),
    path("cart/lines/<uuid:line_id>/remove/", cart.remove_line, name="remove_line"),
    path("cart/prices/", cart.accept_prices, name="accept_prices"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("orders/", history.order_list, name="orders"),
    path("orders/<uuid:order_id>/", history.order, name="order"),
    path("orders/<uuid:order_id>/thanks/", history.thanks, name="thanks"),
    path("orders/<uuid:order_id>/cancel/", history.cancel, name="cancel"),
    path("orders/<uuid:order_id>/pay/", payment.pay, name="pay"),
    path("orders/<uuid:order_id>/pay/confirm/", payment.confirm_payment, name="confirm_payment"),
]
pages: list[URLPattern | URLResolver] = [path("", include((_shop, "orders")))]

"""Addresses of the orders service: ``api`` below /api/v1/, ``pages`` below /."""

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from apps.orders.pages import (
    cart,
    cart_voucher,
    checkout,
    history,
    office_home,
    office_order,
    office_orders,
    office_refunds,
    office_settings,
    office_shipping,
    office_vouchers,
    payment,
    payment_return,
)
from apps.orders.views.carts import CartViewSet
from apps.orders.views.order_actions import OrderViewSet
from apps.orders.views.provider_webhooks import StripeWebhookView
from apps.orders.views.settings import ShopView, TaxRateViewSet
from apps.orders.views.shipping_methods import ShippingMethodViewSet
from apps.orders.views.vouchers import VoucherViewSet

_router = SimpleRouter(use_regex_path=False)
_router.register("carts", CartViewSet, basename="cart")
_router.register("orders", OrderViewSet, basename="order")
_router.register("shipping-methods", ShippingMethodViewSet, basename="shipping-method")
_router.register("tax-rates", TaxRateViewSet, basename="tax-rate")
_router.register("vouchers", VoucherViewSet, basename="voucher")

api: list[URLPattern | URLResolver] = [
    path("shop/", ShopView.as_view(), name="shop"),
    path("payments/stripe/webhook/", StripeWebhookView.as_view(), name="stripe-webhook"),
    *_router.urls,
]

_shop = [
    path("cart/", cart.cart, name="cart"),
    path("cart/lines/", cart.add_line, name="add_line"),
    path("cart/lines/<uuid:line_id>/remove/", cart.remove_line, name="remove_line"),
    path("cart/prices/", cart.accept_prices, name="accept_prices"),
    path("cart/voucher/", cart_voucher.set_voucher, name="set_voucher"),
    path("cart/voucher/remove/", cart_voucher.remove_voucher, name="remove_voucher"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("orders/", history.order_list, name="orders"),
    path("orders/<uuid:order_id>/", history.order, name="order"),
    path("orders/<uuid:order_id>/thanks/", history.thanks, name="thanks"),
    path("orders/<uuid:order_id>/cancel/", history.cancel, name="cancel"),
    path("orders/<uuid:order_id>/pay/", payment.pay, name="pay"),
    path("orders/<uuid:order_id>/pay/return/", payment_return.payment_return, name="payment_return"),
    path("orders/<uuid:order_id>/pay/confirm/", payment.confirm_payment, name="confirm_payment"),
]
_office = [
    path("office/", office_home.home, name="office"),
    path("office/search/", office_orders.search, name="office_search"),
    path("office/orders/", office_orders.order_list, name="office_orders"),
    path("office/orders/<uuid:order_id>/", office_order.order, name="office_order"),
    path("office/orders/<uuid:order_id>/fulfil/", office_order.fulfil, name="office_fulfil"),
    path("office/orders/<uuid:order_id>/pay/", office_order.pay, name="office_pay"),
    path("office/orders/<uuid:order_id>/refund/", office_order.refund, name="office_refund"),
    path(
        "office/orders/<uuid:order_id>/refunds/<uuid:refund_id>/",
        office_refunds.decide,
        name="office_refund_decision",
    ),
    path("office/orders/<uuid:order_id>/cancel/", office_order.cancel, name="office_cancel"),
    path("office/orders/<uuid:order_id>/notes/", office_order.note, name="office_note"),
    path(
        "office/orders/<uuid:order_id>/messages/<uuid:message_id>/send-again/",
        office_order.send_again,
        name="office_send_again",
    ),
    path("office/vouchers/", office_vouchers.vouchers, name="office_vouchers"),
    path("office/vouchers/new/", office_vouchers.voucher_new, name="office_voucher_new"),
    path("office/vouchers/<uuid:voucher_id>/", office_vouchers.voucher_edit, name="office_voucher_edit"),
    path("office/vouchers/<uuid:voucher_id>/switch/", office_vouchers.voucher_switch, name="office_voucher_switch"),
    path("office/vouchers/<uuid:voucher_id>/delete/", office_vouchers.voucher_delete, name="office_voucher_delete"),
    path("office/settings/", office_settings.shop_settings, name="office_settings"),
    path("office/settings/taxes/", office_settings.taxes, name="office_taxes"),
    path("office/settings/taxes/<uuid:rate_id>/", office_settings.tax, name="office_tax"),
    path("office/settings/taxes/<uuid:rate_id>/delete/", office_settings.tax_delete, name="office_tax_delete"),
    path("office/settings/shipping/", office_shipping.shipping, name="office_shipping"),
    path("office/settings/shipping/new/", office_shipping.shipping_new, name="office_shipping_new"),
    path("office/settings/shipping/<uuid:method_id>/", office_shipping.shipping_edit, name="office_shipping_edit"),
    path(
        "office/settings/shipping/<uuid:method_id>/delete/",
        office_shipping.shipping_delete,
        name="office_shipping_delete",
    ),
]
pages: list[URLPattern | URLResolver] = [path("", include((_shop + _office, "orders")))]

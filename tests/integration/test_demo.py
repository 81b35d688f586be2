"""The demo shop: filled once, quietly, and left alone afterwards."""

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Count, F, Sum

from apps.notifications.models import Message
from apps.orders.models.orders import Order
from apps.orders.models.settings import ShopSettings
from apps.products.models.catalogue import Category, Product
from apps.users.models import User

pytestmark = pytest.mark.django_db


def demo(settings: Any) -> str:
    settings.DEMO_PASSWORD = "harbour-and-oak-1"
    said = io.StringIO()
    call_command("demo", stdout=said)
    return said.getvalue()


def test_the_demo_fills_an_empty_shop(settings: Any) -> None:
    demo(settings)

    assert (Product.objects.count(), Category.objects.filter(parent=None).count()) == (86, 8)
    assert ShopSettings.objects.get().name == "Harbour & Oak"
    assert Order.objects.count() == 28
    shopper = User.objects.get(email="shopper@example.com")
    assert Order.objects.filter(customer_id=shopper.id).count() == 6
    states = Order.objects.values_list("status").annotate(number=Count("id"))
    assert dict(states) == {"completed": 20, "open": 6, "cancelled": 2}


def test_the_demo_mails_nobody_and_shows_what_is_left(settings: Any) -> None:
    demo(settings)

    assert not Message.objects.exists()
    left = Product.objects.annotate(left=Sum(F("variants__stock__on_hand") - F("variants__stock__reserved")))
    assert [product.slug for product in left if product.left != product.available] == []


def test_the_demo_leaves_a_shop_alone_that_is_used(settings: Any) -> None:
    demo(settings)
    before = list(Product.objects.order_by("id").values_list("id", "version"))

    said = demo(settings)

    assert "orders" not in said
    assert "pictures" not in said
    assert list(Product.objects.order_by("id").values_list("id", "version")) == before
    assert Order.objects.count() == 28

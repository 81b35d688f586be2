"""Carts of guests and of people."""

from django.db import models
from django.db.models import Q

from apps.orders.rules.carts import MAX_QUANTITY
from apps.orders.rules.vouchers import CODE_LENGTH
from kernel.ids import secret_token, uuid7


class CartStatus(models.TextChoices):
    """Whether a cart can still be filled."""

    OPEN = "open"
    ORDERED = "ordered"
    MERGED = "merged"


class Cart(models.Model):
    """What somebody is about to order; a guest's cart is reached by its token alone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    token = models.CharField(max_length=64, unique=True, default=secret_token)
    customer_id = models.UUIDField(null=True, blank=True)  # users service: no key across services
    currency = models.CharField(max_length=3)
    email = models.EmailField(blank=True, default="")
    voucher_code = models.CharField(max_length=CODE_LENGTH, blank=True, default="", db_default="")
    status = models.CharField(max_length=7, choices=CartStatus.choices, default=CartStatus.OPEN)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("customer_id", "status", "updated_at"), name="orders_cart_of_person"),
            models.Index(fields=("status", "updated_at"), name="orders_cart_retention"),
        )

    def __str__(self) -> str:
        return str(self.id)


class CartLine(models.Model):
    """So many of one SKU, with the price that was seen when it was put there."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=64)  # products service: no key across services
    quantity = models.PositiveIntegerField()
    unit_price_minor = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("cart", "sku"), name="orders_cart_line_sku_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY),
                name="orders_cart_line_quantity_bounded",
            ),
        )

    def __str__(self) -> str:
        return f"{self.cart_id} {self.sku}"

"""Payments: attempts, and the money that arrived."""

from django.db import models

from apps.orders.models.orders import Order
from kernel.ids import uuid7
from kernel.money import Money


class PaymentState(models.TextChoices):
    """What became of an attempt to pay."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    DECLINED = "declined"
    REFUND_DUE = "refund_due"
    REFUNDED = "refunded"


class Payment(models.Model):
    """One attempt to pay an order; its reference is the same with the provider, and never used twice."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="payments")
    method = models.CharField(max_length=40)
    reference = models.CharField(max_length=80, unique=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=20, choices=PaymentState.choices, default=PaymentState.PENDING)
    message = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(amount_minor__gte=0), name="orders_payment_not_negative"),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def amount(self) -> Money:
        """How much was to be paid."""
        return Money(self.amount_minor, self.currency)

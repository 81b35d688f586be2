"""Payments: attempts, the money that arrived, and what providers reported of it."""

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
    provider_reference = models.CharField(max_length=255, blank=True, default="", db_default="")
    checks = models.PositiveIntegerField(default=0, db_default=0)
    next_check_at = models.DateTimeField(null=True, blank=True)
    """When the provider is asked what became of it, if nobody tells before; None for never."""
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(amount_minor__gte=0), name="orders_payment_not_negative"),
        )
        indexes = (models.Index(fields=("next_check_at",), name="orders_payment_by_check"),)

    def __str__(self) -> str:
        return self.reference

    @property
    def amount(self) -> Money:
        """How much was to be paid."""
        return Money(self.amount_minor, self.currency)


class ProviderEvent(models.Model):
    """A message of a payment provider that was acted on; it may arrive again, and counts once."""

    event_id = models.CharField(max_length=80, primary_key=True)
    kind = models.CharField(max_length=60)
    received_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.event_id

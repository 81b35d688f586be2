"""Money that goes back, and where it is."""

from django.db import models
from django.db.models import Q

from apps.orders.models.orders import Order, OrderLine
from apps.orders.models.payments import Payment
from kernel.ids import uuid7
from kernel.money import Money


class RefundState(models.TextChoices):
    """Where the money of a refund is."""

    REQUESTED = "requested"
    DONE = "done"
    FAILED = "failed"


class Refund(models.Model):
    """Money given back for some lines, or as an amount of its own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="refunds")
    reference = models.CharField(max_length=80, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.CASCADE, null=True, blank=True, related_name="refunds")
    """Whose provider gives the money back, or the surplus that staff gave back; None for what else staff gives back."""
    state = models.CharField(
        max_length=9, choices=RefundState.choices, default=RefundState.DONE, db_default=RefundState.DONE
    )
    message = models.CharField(max_length=200, blank=True, default="", db_default="")
    provider_reference = models.CharField(max_length=255, blank=True, default="", db_default="")
    is_given_up = models.BooleanField(default=False, db_default=False)
    """It failed because its provider told nothing for long; what the provider says later still counts."""
    round = models.PositiveSmallIntegerField(default=0, db_default=0)
    attempts = models.PositiveIntegerField(default=0, db_default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=200, blank=True, default="")
    restock = models.BooleanField(default=False)
    actor_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(max_length=254)
    refunded_at = models.DateTimeField()
    """When it was asked for, and from then on when it was done."""

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(amount_minor__gte=1), name="orders_refund_positive"),)
        indexes = (models.Index(fields=("state", "next_attempt_at"), name="orders_refund_by_attempt"),)

    def __str__(self) -> str:
        return self.reference

    @property
    def amount(self) -> Money:
        """How much went back."""
        return Money(self.amount_minor, self.currency)


class RefundLine(models.Model):
    """How many of one order line were given back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    refund = models.ForeignKey(Refund, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="refund_lines")
    quantity = models.PositiveIntegerField()
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("refund", "order_line"), name="orders_refund_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="orders_refund_line_positive"),
        )

    def __str__(self) -> str:
        return f"{self.refund_id} {self.order_line_id}"

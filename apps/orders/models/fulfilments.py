"""Parcels that left the house."""

from django.db import models
from django.db.models import Q

from apps.orders.models.orders import Order, OrderLine
from kernel.ids import uuid7


class Fulfilment(models.Model):
    """One parcel with some or all lines of an order."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="fulfilments")
    carrier = models.CharField(max_length=60, blank=True, default="")
    tracking_number = models.CharField(max_length=100, blank=True, default="")
    tracking_url = models.CharField(max_length=500, blank=True, default="")
    shipped_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)


class FulfilmentLine(models.Model):
    """How many of one order line are in a parcel."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    fulfilment = models.ForeignKey(Fulfilment, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="fulfilment_lines")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("fulfilment", "order_line"), name="orders_parcel_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="orders_parcel_line_positive"),
        )

    def __str__(self) -> str:
        return f"{self.fulfilment_id} {self.order_line_id}"

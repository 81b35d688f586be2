"""How many there are of each SKU, who holds them, and how it came to be."""

from django.db import models
from django.db.models import F, Q

from apps.products.models.catalogue import Variant
from kernel.clock import now
from kernel.ids import uuid7


class Stock(models.Model):
    """What is on the shelf of one SKU and how much of that is held for orders.

    Moved only by conditional updates, sorted by SKU, as the last statements of a transaction; never read and written.
    """

    sku = models.CharField(max_length=64, primary_key=True)
    variant = models.OneToOneField(Variant, on_delete=models.CASCADE, related_name="stock")
    on_hand = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    low_stock_mark = models.PositiveIntegerField(null=True, blank=True)
    is_low = models.BooleanField(default=False)  # told once; cleared when it is filled again

    class Meta:
        verbose_name_plural = "stock"
        constraints = (
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(on_hand__gte=F("reserved")), name="products_stock_never_oversold"
            ),
        )

    def __str__(self) -> str:
        return self.sku

    @property
    def available(self) -> int:
        """How many can be sold now."""
        return self.on_hand - self.reserved

    @property
    def version(self) -> str:
        """What tells one state of the row from another; there is no counter on a hot row."""
        return f"{self.on_hand}:{self.reserved}:{self.low_stock_mark}"


class MovementKind(models.TextChoices):
    """Why stock moved."""

    RECEIVED = "received", "Received"
    ADJUSTED = "adjusted", "Adjusted"
    RESERVED = "reserved", "Reserved"
    RELEASED = "released", "Released"
    SOLD = "sold", "Sold"
    RETURNED = "returned", "Returned"


class StockMovement(models.Model):
    """One line of the ledger: the sums per SKU are what is on hand and what is reserved."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sku = models.CharField(max_length=64)
    kind = models.CharField(max_length=10, choices=MovementKind)
    quantity = models.IntegerField(default=0)  # change of what is on hand
    reserved_quantity = models.IntegerField(default=0)  # change of what is reserved
    reason = models.CharField(max_length=200, blank=True, default="")
    reference = models.UUIDField(null=True, blank=True, db_index=True)  # the order, import or return
    actor_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(max_length=254, blank=True, default="")
    created_at = models.DateTimeField(default=now)

    class Meta:
        indexes = (models.Index(fields=("sku", "-id"), name="products_movements_of_sku"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.sku} {self.id}"


class ReservationState(models.TextChoices):
    """What became of an order's claim on stock."""

    HELD = "held", "Held"
    CONFIRMED = "confirmed", "Confirmed"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"


class Reservation(models.Model):
    """An order's claim on stock; a cancelled one without lines is a tombstone that refuses a late claim."""

    order_id = models.UUIDField(primary_key=True)
    state = models.CharField(max_length=10, choices=ReservationState)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        indexes = (models.Index(fields=("state", "expires_at"), name="products_reservations_due"),)

    def __str__(self) -> str:
        return f"{self.state} {self.order_id}"


class ReservationLine(models.Model):
    """So many of one SKU, claimed by one order."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reservation = models.ForeignKey(Reservation, on_delete=models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=64, db_index=True)
    quantity = models.PositiveIntegerField()
    returned_quantity = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(quantity__gte=1), name="products_reservation_quantity_positive"),
            models.CheckConstraint(
                condition=Q(returned_quantity__lte=F("quantity")), name="products_reservation_returned_range"
            ),
            models.UniqueConstraint(fields=("reservation", "sku"), name="products_reservation_sku_once"),
        )

    def __str__(self) -> str:
        return f"{self.quantity} {self.sku} {self.id}"


class Restock(models.Model):
    """One return that was put back on the shelf; its id makes a repetition harmless."""

    id = models.UUIDField(primary_key=True)
    order_id = models.UUIDField(db_index=True)
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return str(self.id)

"""Vouchers, and who redeemed them with which order."""

from django.db import models
from django.db.models import F, Q

from apps.orders.models.orders import Order
from apps.orders.rules.totals import PPM
from apps.orders.rules.vouchers import CODE_LENGTH, VoucherKind, VoucherTerms
from kernel.ids import uuid7
from kernel.money import Money


class Voucher(models.Model):
    """A code that takes something off an order; ``used`` never passes ``limit``, whoever comes at once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=CODE_LENGTH, unique=True)
    description = models.CharField(max_length=200, blank=True, default="")
    kind = models.CharField(max_length=13, choices=[(kind, kind) for kind in VoucherKind])
    rate_ppm = models.PositiveIntegerField(default=0)
    amount_minor = models.BigIntegerField(default=0)
    minimum_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    limit = models.PositiveIntegerField(null=True, blank=True)
    limit_per_person = models.PositiveIntegerField(null=True, blank=True)
    used = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(used__gte=0) & (Q(limit=None) | Q(used__lte=F("limit"))),
                name="orders_voucher_used_at_most_limit",
            ),
            models.CheckConstraint(
                condition=Q(rate_ppm__lte=PPM, amount_minor__gte=0, minimum_minor__gte=0),
                name="orders_voucher_gives_no_more_than_all",
            ),
        )
        indexes = (models.Index(fields=("created_at", "id"), name="orders_vouchers_by_age"),)

    def __str__(self) -> str:
        return self.code

    @property
    def amount(self) -> Money:
        """What a voucher of a fixed amount takes off."""
        return Money(self.amount_minor, self.currency)

    @property
    def minimum(self) -> Money:
        """What the goods must cost before it counts."""
        return Money(self.minimum_minor, self.currency)

    @property
    def terms(self) -> VoucherTerms:
        """The same as the rules want it."""
        return VoucherTerms(
            kind=VoucherKind(self.kind),
            currency=self.currency,
            rate_ppm=self.rate_ppm,
            amount_minor=self.amount_minor,
            minimum_minor=self.minimum_minor,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            limit=self.limit,
            limit_per_person=self.limit_per_person,
            is_active=self.is_active,
        )


class VoucherRedemption(models.Model):
    """One order that a voucher counted for; the row goes when the order is called off.

    A person is an account or the reader of an e-mail address; each has only so many places, and two orders at once
    cannot take the same one. Without a limit per person there is no place.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="redemptions")
    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="redemption")
    customer_id = models.UUIDField(null=True, blank=True)  # users service: no key across services
    email_key = models.UUIDField(null=True, blank=True)
    slot = models.PositiveIntegerField(null=True, blank=True)
    redeemed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("voucher", "customer_id", "slot"), name="orders_voucher_place_of_account"),
            models.UniqueConstraint(fields=("voucher", "email_key", "slot"), name="orders_voucher_place_of_email"),
            models.CheckConstraint(condition=Q(slot=None) | Q(slot__gte=1), name="orders_voucher_place_from_one"),
        )
        indexes = (models.Index(fields=("voucher", "redeemed_at", "id"), name="orders_voucher_uses"),)

    def __str__(self) -> str:
        return f"{self.voucher_id} {self.order_id}"

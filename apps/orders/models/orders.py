"""Orders, their lines, their history and the staff's notes."""

from django.db import models
from django.db.models import F, Q

from apps.orders.rules.refunds import LineToRefund, left_to_ship, refundable
from apps.orders.rules.states import FulfilmentStatus, OrderState, PaymentStatus, Status
from apps.orders.rules.totals import TaxMode
from apps.orders.rules.vouchers import CODE_LENGTH
from contracts.orders import OrderedLine
from kernel.addresses import Address
from kernel.ids import secret_token, uuid7
from kernel.money import Money


class Order(models.Model):
    """What was agreed when the order was placed, and where it stands now."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=12, unique=True)
    status = models.CharField(max_length=10, choices=[(value, value) for value in Status])
    payment_status = models.CharField(max_length=20, choices=[(value, value) for value in PaymentStatus])
    fulfilment_status = models.CharField(max_length=20, choices=[(value, value) for value in FulfilmentStatus])
    version = models.PositiveIntegerField(default=1)
    customer_id = models.UUIDField(null=True, blank=True)  # users service: no key across services
    email = models.EmailField()
    access_token = models.CharField(max_length=64, default=secret_token)
    cart_id = models.UUIDField(null=True, blank=True, unique=True)
    currency = models.CharField(max_length=3)
    subtotal_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField(default=0)
    voucher_code = models.CharField(max_length=CODE_LENGTH, blank=True, default="", db_default="")
    shipping_minor = models.BigIntegerField()
    shipping_net_minor = models.BigIntegerField()
    shipping_tax_minor = models.BigIntegerField()
    shipping_rate_ppm = models.PositiveIntegerField(default=0)
    tax_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    paid_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    returning_minor = models.BigIntegerField(default=0, db_default=0)
    tax_mode = models.CharField(max_length=9, choices=[(mode, mode) for mode in TaxMode])
    prices_include_tax = models.BooleanField()
    shipping_address = models.JSONField()
    billing_address = models.JSONField()
    shipping_method = models.CharField(max_length=40, blank=True, default="")
    shipping_method_name = models.CharField(max_length=100, blank=True, default="")
    payment_method = models.CharField(max_length=40)
    payment_reference = models.CharField(max_length=40)
    due_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    placed_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(paid_minor__gte=0, refunded_minor__gte=0, refunded_minor__lte=models.F("paid_minor")),
                name="orders_refunded_at_most_paid",
            ),
            models.CheckConstraint(
                condition=Q(returning_minor__gte=0, returning_minor__lte=F("paid_minor") - F("refunded_minor")),
                name="orders_returning_at_most_left",
            ),
            models.CheckConstraint(
                condition=Q(discount_minor__gte=0, discount_minor__lte=models.F("subtotal_minor")),
                name="orders_discount_at_most_goods",
            ),
        )
        indexes = (
            models.Index(fields=("placed_at", "id"), name="orders_by_placing"),
            models.Index(fields=("customer_id", "placed_at"), name="orders_of_person"),
            models.Index(fields=("status", "expires_at"), name="orders_by_expiry"),
            models.Index(fields=("payment_status", "due_at"), name="orders_by_payment"),
            models.Index(fields=("fulfilment_status", "placed_at"), name="orders_by_fulfilment"),
            models.Index(fields=("email",), name="orders_by_email"),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def state(self) -> OrderState:
        """The three states together."""
        return OrderState(
            status=Status(self.status),
            payment=PaymentStatus(self.payment_status),
            fulfilment=FulfilmentStatus(self.fulfilment_status),
        )

    @property
    def subtotal(self) -> Money:
        """The sum of the lines as shown."""
        return Money(self.subtotal_minor, self.currency)

    @property
    def discount(self) -> Money:
        """What a voucher took off the lines; in their total it is not counted yet."""
        return Money(self.discount_minor, self.currency)

    @property
    def shipping(self) -> Money:
        """Delivery as shown: with or without tax, like the lines."""
        return Money(self.shipping_minor, self.currency)

    @property
    def tax(self) -> Money:
        """All tax, of lines and delivery."""
        return Money(self.tax_minor, self.currency)

    @property
    def total(self) -> Money:
        """What has to be paid."""
        return Money(self.total_minor, self.currency)

    @property
    def paid(self) -> Money:
        """All money that arrived."""
        return Money(self.paid_minor, self.currency)

    @property
    def refunded(self) -> Money:
        """All money that went back."""
        return Money(self.refunded_minor, self.currency)

    @property
    def refundable(self) -> Money:
        """What can still go back."""
        on_its_way = self.refunded_minor + self.returning_minor
        return Money(refundable(paid_minor=self.paid_minor, refunded_minor=on_its_way), self.currency)

    @property
    def returning(self) -> Money:
        """What providers were told to give back, and have not confirmed."""
        return Money(self.returning_minor, self.currency)

    @property
    def ship_to(self) -> Address:
        """Where the parcel goes."""
        return Address(**self.shipping_address)

    @property
    def bill_to(self) -> Address:
        """Who gets the bill."""
        return Address(**self.billing_address)


class OrderLine(models.Model):
    """One SKU in one order, at the price agreed when it was placed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    sku = models.CharField(max_length=64)  # products service: no key across services
    product_id = models.UUIDField()
    product_name = models.CharField(max_length=255)
    product_slug = models.CharField(max_length=255, blank=True, default="")
    variant_name = models.CharField(max_length=255, blank=True, default="")
    picture_url = models.CharField(max_length=500, blank=True, default="")
    quantity = models.PositiveIntegerField()
    fulfilled_quantity = models.PositiveIntegerField(default=0)
    refunded_quantity = models.PositiveIntegerField(default=0)
    removed_quantity = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3)
    unit_price_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField(default=0, db_default=0)
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    tax_rate_ppm = models.PositiveIntegerField(default=0)
    weight_grams = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("order", "sku"), name="orders_line_sku_once_per_order"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="orders_line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(refunded_quantity__lte=models.F("quantity"))
                & Q(quantity__gte=models.F("fulfilled_quantity") + models.F("removed_quantity")),
                name="orders_line_parts_at_most_all",
            ),
        )
        indexes = (models.Index(fields=("sku",), name="orders_line_by_sku"),)

    def __str__(self) -> str:
        return f"{self.order_id} {self.sku}"

    @property
    def unit_price(self) -> Money:
        """The price of one, as shown."""
        return Money(self.unit_price_minor, self.currency)

    @property
    def total(self) -> Money:
        """Unit price times quantity, as shown."""
        return Money(self.total_minor, self.currency)

    @property
    def discount(self) -> Money:
        """What a voucher took off the line."""
        return Money(self.discount_minor, self.currency)

    @property
    def tax(self) -> Money:
        """The tax in the line, or on top of it."""
        return Money(self.tax_minor, self.currency)

    @property
    def left_to_ship(self) -> int:
        """How many pieces still have to leave the house."""
        return left_to_ship(
            quantity=self.quantity,
            fulfilled_quantity=self.fulfilled_quantity,
            removed_quantity=self.removed_quantity,
        )

    @property
    def to_refund(self) -> LineToRefund:
        """The same as the rules of refunds want it."""
        return LineToRefund(
            gross_minor=self.net_minor + self.tax_minor,
            quantity=self.quantity,
            refunded_quantity=self.refunded_quantity,
            fulfilled_quantity=self.fulfilled_quantity,
            removed_quantity=self.removed_quantity,
        )

    def as_ordered(self, *, quantity: int | None = None) -> OrderedLine:
        """Return the line, or some pieces of it, as other services see it."""
        pieces = self.quantity if quantity is None else quantity
        return OrderedLine(
            sku=self.sku,
            product_name=self.product_name,
            variant_name=self.variant_name,
            quantity=pieces,
            unit_price=self.unit_price,
            total=Money(self.unit_price_minor * pieces, self.currency),
        )


class OrderChange(models.Model):
    """One step in the life of an order: the history is these rows without gaps."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="changes")
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=30)
    actor_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(max_length=254)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("order", "version"), name="orders_change_once_per_version"),)

    def __str__(self) -> str:
        return f"{self.order_id} {self.version}"


class OrderNote(models.Model):
    """What the staff tells itself about an order; customers never see it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="notes")
    text = models.CharField(max_length=2000)
    actor_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(max_length=254)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)

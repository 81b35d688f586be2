"""Variants: what can be bought of a product, and its place on the shelf."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import Max

from apps.products.models.catalogue import Product, Variant
from apps.products.models.stock import MovementKind, ReservationLine, Stock, StockMovement
from apps.products.rules.names import free_sku, sku_of
from apps.products.rules.options import OptionsTakenError, check_choice
from apps.products.rules.stock import MAX_QUANTITY
from apps.products.services.checking import check_row
from apps.products.services.drafts import VariantDraft
from apps.products.services.leaving import left_over, take_off_shelf
from apps.products.services.locking import locked_product, locked_variant
from apps.products.services.projection import refresh_products
from apps.products.services.rights import require_staff
from contracts.products import ProductsAction
from kernel import audit, clock
from kernel.actors import Actor
from kernel.errors import ConflictError, InvalidInputError
from kernel.http.etags import check_version
from kernel.money import CurrencyMismatchError, Money
from kernel.transactions import unit_of_work

PLAIN_FIELDS = ("barcode", "weight_grams", "position", "requires_shipping", "is_taxable", "extra_columns")


SEEN = (
    "sku",
    "option_values",
    "price",
    "compare_at_price",
    *PLAIN_FIELDS,
)
"""What the audit log keeps of a variant."""


class VariantFields(TypedDict, total=False):
    """What staff may say about a variant; what is absent stays as it is."""

    sku: str
    options: list[str]
    price: Money
    compare_at_price: Money | None
    barcode: str
    weight_grams: int
    position: int
    requires_shipping: bool
    is_taxable: bool
    extra_columns: dict[str, Any]
    low_stock_mark: int | None


class SkuTakenError(ConflictError):
    """Another variant has this SKU."""

    code = "sku_taken"

    def __init__(self, *, skus: Sequence[str]) -> None:
        message = "This SKU belongs to another variant: " + ", ".join(skus) + "."
        super().__init__(message, fields={"sku": [message]}, extra={"skus": list(skus)})


class SkuInUseError(ConflictError):
    """Orders hold stock under this SKU, or have bought it."""

    code = "sku_in_use"


class LastVariantError(ConflictError):
    """A product keeps at least one variant."""

    code = "last_variant"


@unit_of_work
def add_variant(*, product_id: UUID, draft: VariantDraft, actor: Actor, now: datetime) -> Variant:
    """Add a variant to a product.

    :raises InvalidOptionsError: its values are not options of the product.
    :raises OptionsTakenError: another variant has the same.
    :raises SkuTakenError: the SKU belongs to another variant.
    """
    require_staff(actor)
    product = locked_product(product_id)
    check_choice(product.options, draft.options)
    if draft.options in [row.option_values for row in product.variants.all()]:
        raise OptionsTakenError
    check_currency(currency=product.currency, drafts=[draft])
    variant = insert_variants(product=product, drafts=[draft], actor=actor, now=now)[0]
    audit.record(
        ProductsAction,
        "variant_added",
        about=("variant", variant.id),
        actor=actor,
        now=now,
        after=audit.seen(variant, SEEN),
    )
    refresh_products(product_ids=[product.id])
    return variant


@unit_of_work
def update_variant(
    *, variant_id: UUID, changes: VariantFields, actor: Actor, now: datetime, version: int | None = None
) -> Variant:
    """Change what is given.

    :raises SkuInUseError: a SKU that orders know cannot be changed.
    """
    require_staff(actor)
    variant, product = locked_variant(variant_id)
    check_version(current=variant.version, expected=version)
    before = audit.seen(variant, SEEN)
    if "options" in changes:
        _choose(variant, product, changes["options"])
    if "price" in changes:
        _require_currency(product.currency, changes["price"], field="price")
        variant.price_minor = changes["price"].minor
    if "compare_at_price" in changes:
        variant.compare_at_minor = _minor(product.currency, changes["compare_at_price"])
    for name, value in changes.items():
        if name in PLAIN_FIELDS:
            setattr(variant, name, value)
    if "low_stock_mark" in changes:
        Stock.objects.filter(variant=variant).update(low_stock_mark=changes["low_stock_mark"], is_low=False)
    if "sku" in changes and changes["sku"] != variant.sku:
        _rename_sku(variant, changes["sku"], actor=actor, now=now)
    variant.version, variant.updated_at = variant.version + 1, now
    check_row(variant, fields={*PLAIN_FIELDS, "sku", "price_minor", "compare_at_minor"})
    variant.save(force_update=True)
    audit.record(
        ProductsAction,
        "variant_changed",
        about=("variant", variant.id),
        actor=actor,
        now=now,
        **audit.difference(before, {**audit.seen(variant, SEEN), **_marked(changes)}),
    )
    refresh_products(product_ids=[product.id])
    return variant


def _marked(changes: VariantFields) -> dict[str, int | None]:
    """Return the mark for the audit log; it stands with the stock."""
    return {"low_stock_mark": changes["low_stock_mark"]} if "low_stock_mark" in changes else {}


@unit_of_work
def remove_variant(*, variant_id: UUID, actor: Actor, version: int | None = None) -> None:
    """Remove a variant with its stock; the ledger of its SKU stays, and tells what went with it.

    :raises LastVariantError: it is the product's only one.
    :raises SkuInUseError: stock of it is held for an order.
    """
    require_staff(actor)
    variant, product = locked_variant(variant_id)
    check_version(current=variant.version, expected=version)
    if product.variants.count() == 1:
        raise LastVariantError("A product keeps at least one variant. Delete the product instead.")
    now = clock.now()
    if take_off_shelf([variant.id], actor=actor, now=now):
        raise SkuInUseError("Stock of this variant is held for orders.")
    audit.record(
        ProductsAction,
        "variant_removed",
        about=("variant", variant_id),
        actor=actor,
        now=now,
        before=audit.seen(variant, SEEN),
    )
    variant.delete()
    refresh_products(product_ids=[product.id])


def insert_variants(*, product: Product, drafts: Sequence[VariantDraft], actor: Actor, now: datetime) -> list[Variant]:
    """Write new variants with their first stock; the product's row must be locked or new.

    :raises SkuTakenError: a SKU belongs to another variant, or is given twice.
    """
    skus = _skus_for(product, drafts)
    last = product.variants.aggregate(last=Max("position"))["last"] or 0
    variants = [
        _variant(product, draft, sku=sku, position=last + place, now=now)
        for place, (draft, sku) in enumerate(zip(drafts, skus, strict=True), start=1)
    ]
    Variant.objects.bulk_create(variants)
    _insert_stock(variants, drafts, actor=actor, now=now)
    return variants


def check_currency(*, currency: str, drafts: Sequence[VariantDraft]) -> None:
    """Refuse prices of a product in more than one currency.

    :raises CurrencyMismatchError: one differs.
    """
    for draft in drafts:
        _require_currency(currency, draft.price, field="price")
        _minor(currency, draft.compare_at_price)


def _insert_stock(variants: Sequence[Variant], drafts: Sequence[VariantDraft], *, actor: Actor, now: datetime) -> None:
    rows, movements = [], []
    for variant, draft in zip(variants, drafts, strict=True):
        if not 0 <= draft.on_hand <= MAX_QUANTITY:
            message = f"Stock must be between 0 and {MAX_QUANTITY}."
            raise InvalidInputError(message, fields={"on_hand": [message]})
        row = Stock(sku=variant.sku, variant=variant, on_hand=draft.on_hand, low_stock_mark=draft.low_stock_mark)
        check_row(row, fields={"low_stock_mark"})
        rows.append(row)
        if draft.on_hand:
            movements.append(_received(variant.sku, draft.on_hand, actor=actor, now=now))
    again = left_over([variant.sku for variant in variants], actor=actor, now=now)
    StockMovement.objects.bulk_create([*again, *movements])
    Stock.objects.bulk_create(rows)


def _received(sku: str, quantity: int, *, actor: Actor, now: datetime) -> StockMovement:
    return StockMovement(
        sku=sku,
        kind=MovementKind.RECEIVED,
        quantity=quantity,
        reason="first stock",
        actor_id=actor.id,
        actor_label=actor.label,
        created_at=now,
    )


def _variant(product: Product, draft: VariantDraft, *, sku: str, position: int, now: datetime) -> Variant:
    option1, option2, option3 = [*draft.options, "", "", ""][:3]
    variant = Variant(
        product=product,
        sku=sku,
        option1=option1,
        option2=option2,
        option3=option3,
        price_minor=draft.price.minor,
        currency=draft.price.currency,
        compare_at_minor=_minor(draft.price.currency, draft.compare_at_price),
        barcode=draft.barcode,
        weight_grams=draft.weight_grams,
        position=position,
        requires_shipping=draft.requires_shipping,
        is_taxable=draft.is_taxable,
        extra_columns=draft.extra_columns,
        created_at=now,
        updated_at=now,
    )
    _require_not_negative(draft.price, field="price")
    check_row(variant, fields={*PLAIN_FIELDS, "sku", "option1", "option2", "option3"})
    return variant


def _skus_for(product: Product, drafts: Sequence[VariantDraft]) -> list[str]:
    given = [draft.sku for draft in drafts if draft.sku]
    taken = set(Variant.objects.filter(sku__in=given).values_list("sku", flat=True))
    taken |= {sku for sku in given if given.count(sku) > 1}
    if taken:
        raise SkuTakenError(skus=sorted(taken))
    if len(given) == len(drafts):
        return given
    stem = sku_of(product.slug, [])
    used = {*given, *Variant.objects.filter(sku__startswith=stem[:40]).values_list("sku", flat=True)}
    skus = []
    for draft in drafts:
        sku = draft.sku or free_sku(sku_of(product.slug, draft.options), taken=used)
        used.add(sku)
        skus.append(sku)
    return skus


def _rename_sku(variant: Variant, sku: str, *, actor: Actor, now: datetime) -> None:
    if Variant.objects.filter(sku=sku).exists():
        raise SkuTakenError(skus=[sku])
    old, variant.sku = variant.sku, sku
    check_row(variant, fields={"sku"})
    is_moved = Stock.objects.filter(sku=old, reserved=0).update(sku=sku)
    if not is_moved or ReservationLine.objects.filter(sku=old).exists():  # in this order: orders wait for the stock now
        raise SkuInUseError("Orders know this SKU; it cannot be changed any more.")
    StockMovement.objects.bulk_create(left_over([sku], actor=actor, now=now))
    StockMovement.objects.filter(sku=old).update(sku=sku)


def _choose(variant: Variant, product: Product, values: list[str]) -> None:
    check_choice(product.options, values)
    if values in [row.option_values for row in product.variants.exclude(id=variant.id)]:
        raise OptionsTakenError
    variant.option1, variant.option2, variant.option3 = [*values, "", "", ""][:3]


def _require_currency(currency: str, price: Money, *, field: str) -> None:
    if price.currency != currency:
        error = CurrencyMismatchError(currency, price.currency)
        error.fields = {field: [f"The price must be in {currency}."]}
        raise error
    _require_not_negative(price, field=field)


def _require_not_negative(price: Money, *, field: str) -> None:
    if price.minor < 0:
        message = "A price cannot be negative."
        raise InvalidInputError(message, fields={field: [message]})


def _minor(currency: str, price: Money | None) -> int | None:
    if price is None:
        return None
    _require_currency(currency, price, field="compare_at_price")
    return price.minor

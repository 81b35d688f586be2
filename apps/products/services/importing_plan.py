"""What one product of a file would change: decided before anything is written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from apps.products.models.catalogue import Category, Product, Variant
from apps.products.models.media import Media
from apps.products.models.stock import Stock
from apps.products.rules import csv_extra
from apps.products.rules.csv_cells import RowProblem, quoted
from apps.products.rules.csv_drafts import ProductDraft, VariantDraft
from apps.products.rules.options import Option, check_choices, check_options
from apps.products.rules.text import sanitised
from apps.products.services.importing_known import Known
from kernel.errors import DomainError

MAX_AVAILABLE: Final = 2_000_000_000

CategoryOf = Callable[[tuple[str, ...]], Category | None]
"""Finds or makes a category by its names; None when it would have to be made and nothing may be written."""


@dataclass(slots=True, kw_only=True)
class Plan:
    """One product with the rows to write; nothing is written while there are problems."""

    draft: ProductDraft
    product: Product
    is_new: bool
    is_product_changed: bool = False
    new_variants: list[Variant] = field(default_factory=list)
    changed_variants: list[Variant] = field(default_factory=list)
    has_moved_options: bool = False
    new_stock: list[Stock] = field(default_factory=list)
    counted: list[tuple[Stock, int]] = field(default_factory=list)
    """Stock to be set to what was counted."""
    new_media: list[Media] = field(default_factory=list)
    changed_media: list[Media] = field(default_factory=list)
    pictures_added: int = 0
    left_out: list[RowProblem] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    by_row: dict[int, Variant] = field(default_factory=dict)

    @property
    def is_changed(self) -> bool:
        return self.is_product_changed or any(
            (
                self.new_variants,
                self.changed_variants,
                self.counted,
                self.new_media,
                self.changed_media,
            )
        )

    def refuse(self, row: int, message: str) -> None:
        self.problems.append(RowProblem(row=row, message=message))

    def mark_changed(self, variant: Variant) -> None:
        if variant not in self.new_variants and variant not in self.changed_variants:
            self.changed_variants.append(variant)


def plan_product(
    draft: ProductDraft, *, known: Known, category_of: CategoryOf, sets_stock: bool, now: datetime
) -> Plan:
    existing = known.products.get(draft.handle)
    product = existing or Product(slug=draft.handle, currency=draft.currency, is_published=True, created_at=now)
    plan = Plan(draft=draft, product=product, is_new=existing is None, is_product_changed=existing is None)
    try:
        _plan_variants(plan, known, sets_stock=sets_stock, now=now)
        if not plan.problems:
            _plan_fields(plan, category_of=category_of, now=now)
    except DomainError as error:
        plan.refuse(draft.row, error.message)
    return plan


def _plan_fields(plan: Plan, *, category_of: CategoryOf, now: datetime) -> None:
    draft, product = plan.draft, plan.product
    wanted: dict[str, Any] = dict(draft.fields)
    if "description" in wanted:
        wanted["description"] = sanitised(wanted["description"])
    if draft.attributes is not None:
        attributes = {**product.attributes, **draft.attributes}
        wanted["attributes"] = {name: value for name, value in attributes.items() if value}
    wanted["extra_columns"] = csv_extra.merged(
        product.extra_columns, columns=draft.columns, extra=draft.extra, picture_extra=draft.picture_extra
    )
    if draft.category is not None:
        category = category_of(draft.category) if draft.category else None
        plan.is_product_changed |= category is None and bool(draft.category)
        if product.category_id != (category.id if category else None):
            wanted["category"] = category
    plan.is_product_changed |= _set(product, wanted)
    if product.is_published and product.published_at is None:
        product.published_at = now
    if plan.is_product_changed and not plan.is_new:
        product.version += 1
    if plan.is_product_changed:
        product.updated_at = now


def _plan_variants(plan: Plan, known: Known, *, sets_stock: bool, now: datetime) -> None:
    before = [] if plan.is_new else list(known.variants[plan.product.id])
    in_file: list[Variant] = []
    for draft in plan.draft.variants:
        variant = None if plan.is_new else known.match(plan.product, draft)
        if variant is not None and variant in in_file:
            plan.refuse(draft.row, "this is a variant that stands in another row already")
        elif variant is None:
            variant = _new_variant(plan, draft, known, now=now)
        else:
            _change_variant(plan, variant, draft, sets_stock=sets_stock, now=now)
        if variant is not None:
            in_file.append(variant)
            plan.by_row[draft.row] = variant
    if plan.problems:
        return
    variants = in_file + [variant for variant in before if variant not in in_file]
    _put_in_order(plan, before, variants)
    _plan_options(plan, variants)
    if sum(variant.stock.on_hand for variant in variants) > MAX_AVAILABLE:
        plan.refuse(plan.draft.row, "the quantities of the variants are too large together")


def _new_variant(plan: Plan, draft: VariantDraft, known: Known, *, now: datetime) -> Variant | None:
    owner = known.owners.get(draft.sku.lower())
    if owner is not None:
        plan.refuse(draft.row, f"the SKU {quoted(draft.sku)} belongs to the product {quoted(owner.product.slug)}")
        return None
    if draft.options is None and not plan.is_new:
        plan.refuse(draft.row, f"the product has no variant with the SKU {quoted(draft.sku)}")
        return None
    if draft.fields.get("price_minor") is None:
        plan.refuse(draft.row, "there is no price")
        return None
    option1, option2, option3 = draft.options or ("", "", "")
    variant = Variant(
        product=plan.product,
        sku=draft.sku,
        option1=option1,
        option2=option2,
        option3=option3,
        currency=plan.draft.currency,
        extra_columns=csv_extra.merged({}, columns=(), extra=draft.extra),
        created_at=now,
        updated_at=now,
        **draft.fields,
    )
    plan.new_variants.append(variant)
    plan.new_stock.append(Stock(sku=variant.sku, variant=variant, on_hand=draft.quantity or 0))
    return variant


def _change_variant(plan: Plan, variant: Variant, draft: VariantDraft, *, sets_stock: bool, now: datetime) -> None:
    if not draft.is_made_up and variant.sku.lower() != draft.sku.lower():
        name = variant.name or plan.product.name
        plan.refuse(draft.row, f"the variant {quoted(name)} has the SKU {quoted(variant.sku)}, not {quoted(draft.sku)}")
        return
    wanted = dict(draft.fields)
    if "price_minor" in wanted:
        wanted["currency"] = plan.draft.currency
    wanted["extra_columns"] = csv_extra.merged(variant.extra_columns, columns=plan.draft.columns, extra=draft.extra)
    is_changed = _set(variant, wanted)
    if draft.options is not None:
        options = dict(zip(("option1", "option2", "option3"), draft.options, strict=True))
        has_moved = _set(variant, options)
        plan.has_moved_options |= has_moved
        is_changed |= has_moved
    if is_changed:
        variant.version, variant.updated_at = variant.version + 1, now
        plan.mark_changed(variant)
    if sets_stock and draft.quantity is not None and draft.quantity != variant.stock.on_hand:
        if draft.quantity < variant.stock.reserved:
            held = f"{variant.stock.reserved} of {quoted(variant.sku)} are held for orders"
            plan.refuse(draft.row, f"{held}; the stock cannot be set to {draft.quantity}")
        plan.counted.append((variant.stock, draft.quantity))


def _put_in_order(plan: Plan, before: Sequence[Variant], after: Sequence[Variant]) -> None:
    if list(after[: len(before)]) == list(before):
        last = max((variant.position for variant in before), default=0)
        for place, variant in enumerate(after[len(before) :], start=1):
            variant.position = last + place
        return
    for place, variant in enumerate(after, start=1):
        if variant.position != place:
            variant.position = place
            plan.mark_changed(variant)


def _plan_options(plan: Plan, variants: Sequence[Variant]) -> None:
    names = plan.draft.option_names
    if names is None:
        return
    product = plan.product
    options: list[Option] = []
    for place, name in enumerate(names):
        used = list(dict.fromkeys(value for variant in variants for value in variant.option_values[place : place + 1]))
        old = product.options[place] if place < len(product.options) else None
        kept = [value for value in old["values"] if value in used] if old and old["name"] == name else []
        options.append({"name": name, "values": list(dict.fromkeys(kept + used))})
    check_options(options)
    check_choices(options, [variant.option_values for variant in variants])
    plan.is_product_changed |= _set(product, {"options": options})


def _set(row: Product | Variant, values: dict[str, Any]) -> bool:
    """Set what differs, and tell whether anything did."""
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)

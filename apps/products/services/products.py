"""Products: what staff may do with them as a whole."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import Q

from apps.products.models.catalogue import Category, Product, SlugRedirect, Variant
from apps.products.models.media import Media
from apps.products.rules.names import SlugTakenError, free_slug, is_slug, slug_of
from apps.products.rules.options import Option, check_choices, check_options
from apps.products.rules.text import MOST_TAGS, has_too_many_tags, sanitised
from apps.products.services.checking import InUseError, check_row
from apps.products.services.drafts import VariantDraft
from apps.products.services.files import forget_files
from apps.products.services.freshness import announce_change
from apps.products.services.leaving import take_off_shelf
from apps.products.services.locking import locked_product
from apps.products.services.projection import refresh_products
from apps.products.services.rights import require_staff
from apps.products.services.variants import check_currency, insert_variants
from contracts.products import ProductsAction
from kernel import audit, clock
from kernel.actors import Actor
from kernel.errors import InvalidInputError
from kernel.http.etags import check_version
from kernel.transactions import unit_of_work


class ProductFields(TypedDict, total=False):
    """What staff may say about a product; what is absent stays as it is."""

    name: str
    slug: str
    summary: str
    description: str
    vendor: str
    product_type: str
    tags: list[str]
    category_id: UUID | None
    is_published: bool
    options: list[Option]
    attributes: dict[str, str]
    extra_columns: dict[str, Any]
    seo_title: str
    seo_description: str
    tax_class: str


@unit_of_work
def create_product(*, fields: ProductFields, variants: Sequence[VariantDraft], actor: Actor, now: datetime) -> Product:
    """Put a new product with at least one variant into the catalogue.

    :raises InvalidInputError: a value breaks a rule; its field is named.
    :raises SlugTakenError: the slug belongs to another product; without one, a free one is made from the name.
    """
    require_staff(actor)
    if not variants:
        raise InvalidInputError("A product needs a variant.", fields={"variants": ["A product needs a variant."]})
    product = Product(created_at=now, currency=variants[0].price.currency)
    _apply(product, fields, now=now)
    product.slug = _slug_for(product, fields.get("slug", ""))
    check_options(product.options)
    check_choices(product.options, [draft.options for draft in variants])
    check_currency(currency=product.currency, drafts=variants)
    check_row(product, fields={*fields, "name", "slug", "currency"})
    product.save(force_insert=True)
    insert_variants(product=product, drafts=variants, actor=actor, now=now)
    audit.record(
        ProductsAction,
        "product_created",
        about=("product", product.id),
        actor=actor,
        now=now,
        after={**audit.seen(product, fields), "slug": product.slug, "variants": [draft.sku for draft in variants]},
    )
    refresh_products(product_ids=[product.id])
    product.refresh_from_db()
    return product


@unit_of_work
def update_product(
    *, product_id: UUID, changes: ProductFields, actor: Actor, now: datetime, version: int | None = None
) -> Product:
    """Change what is given; the address that a renamed slug leaves behind leads to the new one.

    :raises NotFoundError: there is no such product.
    :raises PreconditionFailedError: ``version`` is given and not the current one.
    """
    require_staff(actor)
    product = locked_product(product_id)
    check_version(current=product.version, expected=version)
    old_slug, before = product.slug, audit.seen(product, changes)
    _apply(product, changes, now=now)
    if "slug" in changes and changes["slug"] != old_slug:
        product.slug = _slug_for(product, changes["slug"])
    if "options" in changes:
        check_options(product.options)
        check_choices(product.options, [row.option_values for row in product.variants.all()])
    check_row(product, fields=set(changes))
    _save_next_version(product)
    if product.slug != old_slug:
        SlugRedirect.objects.create(old_slug=old_slug, product=product, created_at=now)
    audit.record(
        ProductsAction,
        "product_changed",
        about=("product", product.id),
        actor=actor,
        now=now,
        **audit.difference(before, audit.seen(product, changes)),
    )
    refresh_products(product_ids=[product.id])
    product.refresh_from_db()
    return product


@unit_of_work
def set_options(
    *, product_id: UUID, options: list[Option], choices: Mapping[str, list[str]], actor: Actor, now: datetime
) -> Product:
    """Give a product other options, and the variants named by their SKU other values, in one step.

    :raises InvalidOptionsError: a variant does not fit.
    :raises OptionsTakenError: two variants would be the same.
    """
    require_staff(actor)
    product = locked_product(product_id)
    check_options(options)
    rows = list(product.variants.order_by("position", "id"))
    before = {row.sku: row.option_values for row in rows}
    chosen = {row.id: list(choices.get(row.sku, row.option_values)) for row in rows}
    check_choices(options, list(chosen.values()))
    changed = [row for row in rows if row.option_values != chosen[row.id]]
    for row in changed:  # a place of its own first, because two variants may exchange their values
        Variant.objects.filter(id=row.id).update(option1=str(row.id), option2="", option3="")
    for row in changed:
        row.option1, row.option2, row.option3 = [*chosen[row.id], "", "", ""][:3]
        row.version, row.updated_at = row.version + 1, now
        row.save(update_fields=("option1", "option2", "option3", "version", "updated_at"))
    old_options, product.options, product.updated_at = product.options, options, now
    _save_next_version(product)
    audit.record(
        ProductsAction,
        "product_options_changed",
        about=("product", product.id),
        actor=actor,
        now=now,
        **audit.difference(
            {"options": old_options, **before}, {"options": options, **{row.sku: chosen[row.id] for row in rows}}
        ),
    )
    refresh_products(product_ids=[product.id])
    return product


@unit_of_work
def publish_product(*, product_id: UUID, actor: Actor, now: datetime, version: int | None = None) -> Product:
    """Show a product in the shop."""
    return update_product(product_id=product_id, changes={"is_published": True}, actor=actor, now=now, version=version)


@unit_of_work
def unpublish_product(*, product_id: UUID, actor: Actor, now: datetime, version: int | None = None) -> Product:
    """Take a product out of the shop; it stays in the back office."""
    return update_product(product_id=product_id, changes={"is_published": False}, actor=actor, now=now, version=version)


@unit_of_work
def delete_product(*, product_id: UUID, actor: Actor, version: int | None = None) -> None:
    """Remove a product with its variants, stock and pictures; the ledger stays, and tells what went with it.

    :raises InUseError: stock of it is held for an order.
    """
    require_staff(actor)
    product = locked_product(product_id)
    check_version(current=product.version, expected=version)
    variant_ids = list(product.variants.values_list("id", flat=True))
    now = clock.now()
    if take_off_shelf(variant_ids, actor=actor, now=now):  # waits for orders that are taking it now
        raise InUseError("Stock of this product is held for orders.")
    audit.record(
        ProductsAction,
        "product_deleted",
        about=("product", product_id),
        actor=actor,
        now=now,
        before=audit.seen(product, ("name", "slug", "is_published")),
    )
    forget_files(list(Media.objects.filter(product=product)))
    product.delete()
    announce_change()


def _checked_description(markup: str) -> str:
    if has_too_many_tags(markup):
        message = f"A description may have {MOST_TAGS:,} tags at most."
        raise InvalidInputError(message, fields={"description": [message]})
    return sanitised(markup)


def _apply(product: Product, fields: ProductFields, *, now: datetime) -> None:
    for name, value in fields.items():
        if name != "slug":
            setattr(product, name, value)
    if "description" in fields:
        product.description = _checked_description(fields["description"])
    category_id = fields.get("category_id")
    if category_id and not Category.objects.filter(id=category_id).exists():
        raise InvalidInputError("There is no such category.", fields={"category": ["There is no such category."]})
    if product.is_published and product.published_at is None:
        product.published_at = now
    product.updated_at = now


def _save_next_version(product: Product) -> None:
    product.version += 1
    product.save(force_update=True)


def _slug_for(product: Product, wanted: str) -> str:
    others = Product.objects.exclude(id=product.id)
    if wanted:
        if not is_slug(wanted):
            message = "Use small letters, digits, hyphens and underscores."
            raise InvalidInputError(message, fields={"slug": [message]})
        if others.filter(slug=wanted).exists():
            raise SlugTakenError
        SlugRedirect.objects.filter(old_slug=wanted).delete()
        return wanted
    base = slug_of(product.name, fallback="product")
    taken = set(others.filter(Q(slug=base) | Q(slug__startswith=f"{base}-")).values_list("slug", flat=True))
    redirected = SlugRedirect.objects.filter(Q(old_slug=base) | Q(old_slug__startswith=f"{base}-"))
    return free_slug(base, taken=taken | set(redirected.values_list("old_slug", flat=True)))

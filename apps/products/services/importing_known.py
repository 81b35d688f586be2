"""What the shop already has of the products in a file; a fixed number of statements a batch."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from apps.products.models.catalogue import Category, Product, Variant
from apps.products.models.media import Media
from apps.products.rules.csv_drafts import ProductDraft, VariantDraft


@dataclass(slots=True, kw_only=True)
class Known:
    """The rows that a batch may touch."""

    products: dict[str, Product] = field(default_factory=dict)
    variants: defaultdict[UUID, list[Variant]] = field(default_factory=lambda: defaultdict(list))
    owners: dict[str, Variant] = field(default_factory=dict)
    """The variants of the SKUs in the file, by lower-case SKU; they may belong to other products."""
    media: defaultdict[UUID, list[Media]] = field(default_factory=lambda: defaultdict(list))
    categories: dict[tuple[str, ...], Category] = field(default_factory=dict)

    def match(self, product: Product, draft: VariantDraft) -> Variant | None:
        """Return the variant that is meant: by its SKU, else by its options, else the only one."""
        variants = self.variants[product.id]
        for variant in variants:
            if variant.sku.lower() == draft.sku.lower():
                return variant
        if draft.options is None:
            return variants[0] if draft.is_made_up and len(variants) == 1 else None
        wanted = tuple(value.casefold() for value in draft.options)
        for variant in variants:
            if tuple(value.casefold() for value in (variant.option1, variant.option2, variant.option3)) == wanted:
                return variant
        return None


def known_for(drafts: Sequence[ProductDraft], *, locked: bool) -> Known:
    """Read what there is; ``locked`` keeps others from changing the products until the transaction ends."""
    known = Known()
    products = Product.objects.filter(slug__in=[draft.handle for draft in drafts]).order_by("id")
    if locked:
        products = products.select_for_update()
    known.products = {product.slug: product for product in products}
    ids = [product.id for product in known.products.values()]
    for variant in Variant.objects.filter(product__in=ids).select_related("stock").order_by("position", "id"):
        known.variants[variant.product_id].append(variant)
    skus = [variant.sku for draft in drafts for variant in draft.variants]
    for variant in Variant.objects.filter(sku__in=skus).select_related("product"):
        known.owners[variant.sku.lower()] = variant
    for media in Media.objects.filter(product__in=ids).order_by("position", "id"):
        known.media[media.product_id].append(media)
    if any(draft.category for draft in drafts):
        known.categories = categories_by_path()
    return known


def categories_by_path() -> dict[tuple[str, ...], Category]:
    """Return every category by its names from the root on, in lower case."""
    return {path_key(category.path_names.split("\n")): category for category in Category.objects.order_by("id")}


def path_key(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.casefold() for name in names)

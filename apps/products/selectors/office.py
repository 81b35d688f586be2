"""Reads for the back office: a product with all its parts, the ledger, the tree, the imports."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count

from apps.products.models.catalogue import Category, Product, Variant
from apps.products.models.imports import ImportJob, ImportProblem
from apps.products.models.media import Media
from apps.products.models.stock import StockMovement
from apps.products.selectors.catalogue import category_tree
from apps.products.selectors.front import walk

MOVEMENTS = 50
IMPORTS = 50
PROBLEMS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeProduct:
    """A product as staff work on it; each variant has its stock loaded."""

    product: Product
    variants: list[Variant]

    @property
    def skus(self) -> list[str]:
        """The SKUs in the order of the variants."""
        return [variant.sku for variant in self.variants]

    @property
    def available(self) -> int:
        """How many of all variants can be sold now."""
        return sum(variant.stock.available for variant in self.variants)

    def variant(self, variant_id: UUID) -> Variant | None:
        """Return one of the variants."""
        return next((variant for variant in self.variants if variant.id == variant_id), None)


def office_product(product_id: UUID) -> OfficeProduct | None:
    """Return a product, published or not; two statements."""
    product = Product.objects.select_related("category").filter(id=product_id).first()
    if product is None:
        return None
    variants = product.variants.select_related("stock").order_by("position", "id")
    return OfficeProduct(product=product, variants=list(variants))


def pictures_of(product_id: UUID) -> list[Media]:
    """Return the pictures of a product in their order, those we do not have included."""
    return list(Media.objects.filter(product_id=product_id).order_by("position", "id"))


def movements_of(skus: Sequence[str]) -> list[StockMovement]:
    """Return the last movements of these SKUs, the newest first."""
    return list(StockMovement.objects.filter(sku__in=skus).order_by("-id")[:MOVEMENTS])


def office_categories() -> list[dict[str, Any]]:
    """Return all categories in the order of the tree, with depth and the number of products in each."""
    rows = Category.objects.annotate(products_count=Count("products")).values_list("id", "products_count")
    counts = dict(rows)
    return [
        {**category, "depth": depth, "count": counts.get(category["id"], 0)}
        for category, depth in walk(category_tree())
    ]


def category_choices(*, without: Category | None = None) -> list[tuple[str, str]]:
    """Return id and full name of each category that can be chosen, leaving out one and what is below it."""
    categories = Category.objects.order_by("path_names", "id")
    if without is not None:
        categories = categories.exclude(path_slugs__startswith=without.path_slugs)
    return [(str(category.id), str(category)) for category in categories]


def category_by_id(category_id: UUID) -> Category | None:
    """Return a category, or nothing."""
    return Category.objects.filter(id=category_id).first()


def latest_imports() -> list[ImportJob]:
    """Return the last imports, the newest first."""
    return list(ImportJob.objects.order_by("-id")[:IMPORTS])


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownImport:
    """An import and the first of what was refused or left out."""

    job: ImportJob
    problems: list[ImportProblem]
    left_out: list[ImportProblem]
    """Pictures."""

    @property
    def is_over(self) -> bool:
        """True when nothing more will come of it."""
        return self.job.finished_at is not None


def shown_import(job_id: UUID) -> ShownImport | None:
    """Return an import with its problems, or nothing."""
    job = ImportJob.objects.filter(id=job_id).first()
    if job is None:
        return None
    problems = job.problems.order_by("row", "id")
    return ShownImport(
        job=job,
        problems=list(problems.filter(is_about_picture=False)[:PROBLEMS]),
        left_out=list(problems.filter(is_about_picture=True)[:PROBLEMS]),
    )

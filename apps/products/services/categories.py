"""Categories: a tree without rings, whose paths every category keeps itself."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.db.models import Max, Q

from apps.products.models.catalogue import Category, Product
from apps.products.rules.names import SlugTakenError, free_slug, is_slug, slug_of
from apps.products.rules.tree import ROOT, Path, below, check_no_cycle, moved
from apps.products.services.checking import InUseError, check_row
from apps.products.services.freshness import announce_new_tree
from apps.products.services.projection import refresh_products
from apps.products.services.rights import require_staff
from contracts.products import ProductsAction
from kernel import audit, clock
from kernel.actors import Actor
from kernel.errors import InvalidInputError, NotFoundError
from kernel.http.etags import check_version
from kernel.transactions import unit_of_work


class CategoryFields(TypedDict, total=False):
    """What staff may say about a category; what is absent stays as it is."""

    name: str
    slug: str
    parent_id: UUID | None
    position: int
    description: str


SEEN = ("name", "slug", "parent_id", "description", "position")
"""What the audit log keeps of a category."""


@unit_of_work
def create_category(*, fields: CategoryFields, actor: Actor, now: datetime) -> Category:
    """Add a category; without a slug one is made from the name, without a position it comes last.

    :raises InvalidInputError: a value breaks a rule; its field is named.
    :raises SlugTakenError: the slug belongs to another category.
    """
    require_staff(actor)
    category = Category(created_at=now, updated_at=now)
    _apply(category, fields)
    if "position" not in fields:
        siblings = Category.objects.filter(parent_id=category.parent_id)
        category.position = (siblings.aggregate(last=Max("position"))["last"] or 0) + 1
    category.slug = _slug_for(category, fields.get("slug", ""))
    _set_path(category, below(_path_of_parent(category), slug=category.slug, name=category.name))
    category.save(force_insert=True)
    audit.record(
        ProductsAction,
        "category_created",
        about=("category", category.id),
        actor=actor,
        now=now,
        after=audit.seen(category, SEEN),
    )
    announce_new_tree()
    return category


@unit_of_work
def update_category(
    *, category_id: UUID, changes: CategoryFields, actor: Actor, now: datetime, version: int | None = None
) -> Category:
    """Change what is given; what is below moves with it.

    :raises CategoryCycleError: the new parent is below the category.
    """
    require_staff(actor)
    category = _locked(category_id)
    check_version(current=category.version, expected=version)
    old, before = Path(category.path_slugs, category.path_names), audit.seen(category, SEEN)
    _apply(category, changes)
    if "slug" in changes and changes["slug"] != category.slug:
        category.slug = _slug_for(category, changes["slug"])
    parent = _path_of_parent(category)
    check_no_cycle(moving=old, parent=parent)
    new = below(parent, slug=category.slug, name=category.name)
    _set_path(category, new)
    category.version, category.updated_at = category.version + 1, now
    category.save(force_update=True)
    if new != old:
        _move_descendants(category, old=old, new=new)
    audit.record(
        ProductsAction,
        "category_changed",
        about=("category", category.id),
        actor=actor,
        now=now,
        **audit.difference(before, audit.seen(category, SEEN)),
    )
    announce_new_tree()
    return category


@unit_of_work
def delete_category(*, category_id: UUID, actor: Actor, version: int | None = None) -> None:
    """Remove a category that nothing is in.

    :raises InUseError: there are products or categories in it.
    """
    require_staff(actor)
    category = _locked(category_id)
    check_version(current=category.version, expected=version)
    if category.children.exists() or category.products.exists():
        raise InUseError("There are products or categories in this category.")
    audit.record(
        ProductsAction,
        "category_deleted",
        about=("category", category_id),
        actor=actor,
        now=clock.now(),
        before=audit.seen(category, SEEN),
    )
    category.delete()
    announce_new_tree()


def _move_descendants(category: Category, *, old: Path, new: Path) -> None:
    descendants = list(Category.objects.filter(path_slugs__startswith=old.slugs).exclude(id=category.id).order_by("id"))
    for descendant in descendants:
        _set_path(descendant, moved(Path(descendant.path_slugs, descendant.path_names), old=old, new=new))
    Category.objects.bulk_update(descendants, ("path_slugs", "path_names"), batch_size=100)
    if new.names != old.names:  # the names are part of what search finds
        inside = Product.objects.filter(category__path_slugs__startswith=new.slugs).values_list("id", flat=True)
        refresh_products(product_ids=list(inside))


def _apply(category: Category, fields: CategoryFields) -> None:
    for name, value in fields.items():
        if name != "slug":
            setattr(category, name, value)
    check_row(category, fields={*fields, "name"} - {"slug"})
    if "\n" in category.name or not category.name.strip():
        message = "A name is one line."
        raise InvalidInputError(message, fields={"name": [message]})


def _path_of_parent(category: Category) -> Path:
    if category.parent_id is None:
        return ROOT
    parent = Category.objects.select_for_update().filter(id=category.parent_id).first()
    if parent is None:
        message = "There is no such category."
        raise InvalidInputError(message, fields={"parent": [message]})
    return Path(parent.path_slugs, parent.path_names)


def _set_path(category: Category, path: Path) -> None:
    category.path_slugs, category.path_names = path.slugs, path.names


def _slug_for(category: Category, wanted: str) -> str:
    others = Category.objects.exclude(id=category.id)
    if not wanted:
        base = slug_of(category.name, fallback="category", length=100)
        near = others.filter(Q(slug=base) | Q(slug__startswith=f"{base}-"))
        return free_slug(base, taken=set(near.values_list("slug", flat=True)))
    category.slug = wanted
    check_row(category, fields={"slug"})
    if not is_slug(wanted):
        message = "This word is taken by an address of ours."
        raise InvalidInputError(message, fields={"slug": [message]})
    if others.filter(slug=wanted).exists():
        raise SlugTakenError
    return wanted


def _locked(category_id: UUID) -> Category:
    category = Category.objects.select_for_update().filter(id=category_id).first()
    if category is None:
        raise NotFoundError("There is no such category.")
    return category

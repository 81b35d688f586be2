"""Pictures of a product: taken in, described, ordered, removed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.core.files.base import ContentFile
from django.db.models import Max

from apps.products.models.catalogue import Product, Variant
from apps.products.models.media import Media
from apps.products.rules.pictures import MAX_PICTURES
from apps.products.services.checking import check_row
from apps.products.services.files import forget_files
from apps.products.services.locking import locked_product
from apps.products.services.pictures import read_picture
from apps.products.services.projection import refresh_products
from apps.products.services.rights import require_staff
from contracts.products import ProductsAction
from kernel import audit, clock
from kernel.actors import Actor
from kernel.errors import ConflictError, InvalidInputError, NotFoundError
from kernel.http.etags import check_version
from kernel.transactions import unit_of_work


class MediaFields(TypedDict, total=False):
    """What staff may say about a picture; what is absent stays as it is."""

    alt: str
    position: int
    variant_id: UUID | None


SEEN = ("product_id", "variant_id", "alt", "position", "source_url")
"""What the audit log keeps of a picture."""


class TooManyPicturesError(ConflictError):
    """A product has a limited number of pictures."""

    code = "too_many_pictures"


def add_picture(
    *,
    product_id: UUID,
    content: bytes,
    actor: Actor,
    now: datetime,
    alt: str = "",
    variant_id: UUID | None = None,
    source_url: str = "",
) -> Media:
    """Check a picture, keep it and its small version, and show it last; the slow part is outside the transaction.

    :raises NotAPictureError: the file cannot be read as JPEG, PNG, WebP or GIF.
    :raises PictureTooLargeError: it has too many bytes or pixels.
    """
    require_staff(actor)
    picture = read_picture(content)
    media = Media(
        product_id=product_id,
        alt=alt,
        source_url=source_url,
        width=picture.width,
        height=picture.height,
        content_type=picture.content_type,
        created_at=now,
        updated_at=now,
    )
    media.variant_id = variant_id
    check_row(media, fields={"alt", "source_url"})
    _require_product(product_id)
    media.file.save(f"picture{picture.suffix}", ContentFile(picture.content), save=False)
    media.thumbnail.save("picture.webp", ContentFile(picture.thumbnail), save=False)
    with _kept_only_with_its_row(media):
        return _insert(media, actor=actor)


@contextmanager
def _kept_only_with_its_row(media: Media) -> Iterator[None]:
    """Delete the files again when there is no row for them, whatever the reason."""
    is_written = False
    try:
        yield
        is_written = True
    finally:
        if not is_written:
            media.file.delete(save=False)
            media.thumbnail.delete(save=False)


@unit_of_work
def note_picture(
    *, product_id: UUID, source_url: str, actor: Actor, now: datetime, alt: str = "", variant_id: UUID | None = None
) -> Media:
    """Remember where a picture is that we do not have; the shop does not show it."""
    require_staff(actor)
    media = Media(product_id=product_id, source_url=source_url, alt=alt, created_at=now, updated_at=now)
    media.variant_id = variant_id
    check_row(media, fields={"alt", "source_url"})
    return _insert(media, actor=actor)


@unit_of_work
def update_picture(
    *, media_id: UUID, changes: MediaFields, actor: Actor, now: datetime, version: int | None = None
) -> Media:
    """Change what is given."""
    require_staff(actor)
    media = _locked(media_id)
    check_version(current=media.version, expected=version)
    before = audit.seen(media, changes)
    for name, value in changes.items():
        setattr(media, name, value)
    _require_own_variant(media)
    check_row(media, fields=set(changes))
    media.version, media.updated_at = media.version + 1, now
    media.save(force_update=True)
    audit.record(
        ProductsAction,
        "picture_changed",
        about=("picture", media.id),
        actor=actor,
        now=now,
        **audit.difference(before, audit.seen(media, changes)),
    )
    refresh_products(product_ids=[media.product_id])
    return media


@unit_of_work
def order_pictures(*, product_id: UUID, media_ids: Sequence[UUID], actor: Actor) -> None:
    """Show a product's pictures in this order; all of them must be named once.

    :raises InvalidInputError: one is missing, repeated or another product's.
    """
    require_staff(actor)
    locked_product(product_id)
    media = {row.id: row for row in Media.objects.filter(product_id=product_id)}
    if len(media_ids) != len(media) or set(media_ids) != set(media):
        message = "Name each picture of the product once."
        raise InvalidInputError(message, fields={"media": [message]})
    before = [row.id for row in sorted(media.values(), key=lambda row: row.position)]
    for position, media_id in enumerate(media_ids, start=1):
        media[media_id].position = position
    Media.objects.bulk_update(media.values(), ("position",))
    audit.record(
        ProductsAction,
        "pictures_ordered",
        about=("product", product_id),
        actor=actor,
        now=clock.now(),
        **audit.difference({"pictures": before}, {"pictures": list(media_ids)}),
    )
    refresh_products(product_ids=[product_id])


@unit_of_work
def remove_picture(*, media_id: UUID, actor: Actor, version: int | None = None) -> None:
    """Remove a picture and its files."""
    require_staff(actor)
    media = _locked(media_id)
    check_version(current=media.version, expected=version)
    audit.record(
        ProductsAction,
        "picture_removed",
        about=("picture", media_id),
        actor=actor,
        now=clock.now(),
        before=audit.seen(media, SEEN),
    )
    forget_files([media])
    media.delete()
    refresh_products(product_ids=[media.product_id])


@unit_of_work
def _insert(media: Media, *, actor: Actor) -> Media:
    locked_product(media.product_id)
    _require_own_variant(media)
    if Media.objects.filter(product_id=media.product_id).count() >= MAX_PICTURES:
        raise TooManyPicturesError(f"A product has {MAX_PICTURES} pictures at most.")
    last = Media.objects.filter(product_id=media.product_id).aggregate(last=Max("position"))["last"] or 0
    media.position = last + 1
    media.save(force_insert=True)
    audit.record(
        ProductsAction,
        "picture_added",
        about=("picture", media.id),
        actor=actor,
        now=media.created_at,
        after=audit.seen(media, SEEN),
    )
    refresh_products(product_ids=[media.product_id])
    return media


def _require_own_variant(media: Media) -> None:
    if media.variant_id is None:
        return
    if not Variant.objects.filter(id=media.variant_id, product_id=media.product_id).exists():
        message = "This variant is not one of the product."
        raise InvalidInputError(message, fields={"variant": [message]})


def _require_product(product_id: UUID) -> None:
    if not Product.objects.filter(id=product_id).exists():
        raise NotFoundError("There is no such product.")


def _locked(media_id: UUID) -> Media:
    product_id = Media.objects.filter(id=media_id).values_list("product_id", flat=True).first()
    if product_id is None:
        raise NotFoundError("There is no such picture.")
    locked_product(product_id)
    media = Media.objects.filter(id=media_id).first()
    if media is None:
        raise NotFoundError("There is no such picture.")
    return media

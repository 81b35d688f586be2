"""Pictures of imported products: fetched outside transactions, then attached inside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from django.conf import settings
from django.core.files.base import ContentFile

from apps.products.models.media import Media
from apps.products.rules import csv_columns
from apps.products.rules.csv_cells import RowProblem
from apps.products.rules.csv_drafts import PictureDraft, ProductDraft
from apps.products.rules.drawings import is_plain_drawing
from apps.products.rules.pictures import MAX_PICTURES
from apps.products.services.importing_known import Known
from apps.products.services.importing_plan import Plan
from apps.products.services.importing_sources import PictureFetcher, PictureUnavailableError, is_address
from apps.products.services.pictures import read_picture
from kernel.errors import InvalidInputError

DRAWING: Final = "image/svg+xml"
DRAWING_SIDE: Final = 800
SPECIAL: Final = frozenset('\\/:*?"<>|')
DEVICES: Final = frozenset({"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))})
LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A picture whose files are kept already, or why there is none."""

    media: Media | None = None
    reason: str = ""


FetchedPictures = Mapping[tuple[str, str], Fetched]
"""By handle and source."""


def archive_paths(slug: str, media: Sequence[Media]) -> list[str]:
    """Return where each picture of a product lies in an export archive; the same again after an import of it."""
    paths: list[str] = []
    taken: set[str] = set()
    for index, picture in enumerate(media):
        name = f"{index + 1}{PurePosixPath(picture.file.name or '').suffix}"
        if picture.source_url and not is_address(picture.source_url):
            given = PurePosixPath(picture.source_url).name
            name = given if _is_plain(given) else name
        while name.casefold() in taken:
            name = f"{index + 1}-{name}"
        taken.add(name.casefold())
        paths.append(f"pictures/{slug}/{name}")
    return paths


def _is_plain(name: str) -> bool:
    """Tell whether every system unpacks a file of this name where it lies in the archive, and under that name."""
    stem = name.partition(".")[0].strip().casefold()
    is_short = 0 < len(name) <= LONGEST_NAME and name == name.rstrip(". ")
    return is_short and stem not in DEVICES and name.isprintable() and not SPECIAL.intersection(name)


def own_address(media: Media) -> str:
    """Return where the world finds a picture that the shop keeps."""
    return media.url if is_address(media.url) else settings.PUBLIC_URL + media.url


def fetch_pictures(
    drafts: Sequence[ProductDraft], *, known: Known, fetcher: PictureFetcher, beat: Callable[[], None]
) -> dict[tuple[str, str], Fetched]:
    """Get what the shop does not have yet; call this outside any transaction."""
    fetched: dict[tuple[str, str], Fetched] = {}
    for draft in drafts:
        product = known.products.get(draft.handle)
        media = known.media[product.id] if product else []
        for picture in (draft.pictures or ())[:MAX_PICTURES]:
            found = _match(picture, draft.handle, media)
            if found is None or not found.file:
                beat()
                fetched[draft.handle, picture.source] = _fetch(picture, fetcher)
    return fetched


def forget_unused(fetched: FetchedPictures, plans: Sequence[Plan]) -> None:
    """Delete the files of pictures that no product took."""
    used = {media.file.name for plan in plans for media in [*plan.new_media, *plan.changed_media] if media.file}
    for picture in fetched.values():
        if picture.media is not None and picture.media.file.name not in used:
            picture.media.file.delete(save=False)
            if picture.media.thumbnail:
                picture.media.thumbnail.delete(save=False)


def plan_pictures(plan: Plan, *, known: Known, fetched: FetchedPictures | None, now: datetime) -> None:
    """Decide which rows to add and change; ``fetched`` is None when nothing is to be fetched or written."""
    draft = plan.draft
    if draft.pictures is None:
        return
    before = [] if plan.is_new else list(known.media[plan.product.id])
    by_source: dict[str, Media] = {}
    for picture in draft.pictures:
        media = _match(picture, draft.handle, before)
        if media is None and len(before) + len(plan.new_media) >= MAX_PICTURES:
            _leave_out(plan, picture, f"a product has {MAX_PICTURES} pictures at most")
            continue
        if media is None:
            media = Media(
                product=plan.product, source_url=picture.source, alt=picture.alt, created_at=now, updated_at=now
            )
            plan.new_media.append(media)
        elif csv_columns.IMAGE_ALT in draft.columns and media.alt != picture.alt:
            media.alt = picture.alt
            _mark_changed(plan, media)
        if not media.file:
            _fill(plan, media, picture, fetched)
        by_source[picture.source] = media
    in_file = list(dict.fromkeys(by_source.values()))
    _link_variants(plan, by_source)
    _put_in_order(plan, before, in_file + [media for media in before if media not in in_file])


def _match(picture: PictureDraft, slug: str, existing: Sequence[Media]) -> Media | None:
    for media in existing:
        if media.source_url == picture.source:
            return media
    for path, media in zip(archive_paths(slug, existing), existing, strict=True):
        if media.file and picture.source in {path, own_address(media)}:
            return media
    return None


def _fetch(picture: PictureDraft, fetcher: PictureFetcher) -> Fetched:
    try:
        content = fetcher.fetch(picture.source)
        return Fetched(media=_kept(content, is_ours=not is_address(picture.source)))
    except PictureUnavailableError as error:
        return Fetched(reason=error.message)
    except InvalidInputError as error:
        return Fetched(reason=error.message[:1].lower() + error.message[1:].rstrip("."))


def _kept(content: bytes, *, is_ours: bool) -> Media:
    media = Media()
    if is_ours and content.lstrip()[:1] == b"<":
        if not is_plain_drawing(content):
            raise PictureUnavailableError("the drawing holds more than shapes")
        media.content_type, media.width, media.height = DRAWING, DRAWING_SIDE, DRAWING_SIDE
        media.file.save("picture.svg", ContentFile(content), save=False)
        return media
    picture = read_picture(content)
    media.content_type, media.width, media.height = picture.content_type, picture.width, picture.height
    media.file.save(f"picture{picture.suffix}", ContentFile(picture.content), save=False)
    media.thumbnail.save("picture.webp", ContentFile(picture.thumbnail), save=False)
    return media


def _fill(plan: Plan, media: Media, picture: PictureDraft, fetched: FetchedPictures | None) -> None:
    if fetched is None:
        plan.pictures_added += media in plan.new_media
        return
    got = fetched.get((plan.draft.handle, picture.source), Fetched(reason="it changed meanwhile"))
    if got.media is None:
        _leave_out(plan, picture, got.reason)
        return
    media.file, media.thumbnail = got.media.file.name, got.media.thumbnail.name
    media.content_type, media.width, media.height = got.media.content_type, got.media.width, got.media.height
    plan.pictures_added += 1
    _mark_changed(plan, media)


def _leave_out(plan: Plan, picture: PictureDraft, reason: str) -> None:
    message = f"the picture “{picture.source}” was left out: {reason}"
    plan.left_out.append(RowProblem(row=picture.row, message=message))


def _mark_changed(plan: Plan, media: Media) -> None:
    if media not in plan.new_media and media not in plan.changed_media:
        media.version += 1
        plan.changed_media.append(media)


def _link_variants(plan: Plan, by_source: Mapping[str, Media]) -> None:
    if csv_columns.VARIANT_IMAGE not in plan.draft.columns:
        return
    wanted = {
        by_source[draft.image].id: plan.by_row[draft.row].id
        for draft in plan.draft.variants
        if draft.image in by_source and draft.row in plan.by_row
    }
    for media in by_source.values():
        if media.variant_id != wanted.get(media.id):
            media.variant_id = wanted.get(media.id)
            _mark_changed(plan, media)


def _put_in_order(plan: Plan, before: Sequence[Media], after: Sequence[Media]) -> None:
    if list(after[: len(before)]) == list(before):
        last = max((media.position for media in before), default=0)
        for place, media in enumerate(after[len(before) :], start=1):
            media.position = last + place
        return
    for place, media in enumerate(after, start=1):
        if media.position != place:
            media.position = place
            _mark_changed(plan, media)

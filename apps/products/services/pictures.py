"""Reads an untrusted picture and draws it anew: what is kept holds pixels only, no metadata and nothing hidden."""

import warnings
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from apps.products.rules.pictures import (
    CONTENT_TYPES,
    MAX_BYTES,
    MAX_PIXELS,
    MAX_SIDE,
    SUFFIXES,
    THUMBNAIL_SIDE,
    fitted,
)
from kernel.errors import InvalidInputError

JPEG, SCAN = b"\xff\xd8", b"\xff\xda"
MOST_SCANS = 100
"""A progressive JPEG has about ten. Each is drawn over the whole picture, so that 200 KB of them took half a minute."""


class NotAPictureError(InvalidInputError):
    """The file is no JPEG, PNG, WebP or GIF, or is damaged."""

    code = "not_a_picture"


class PictureTooLargeError(InvalidInputError):
    """The file has too many bytes or pixels."""

    code = "picture_too_large"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that can be kept, and its small version."""

    content: bytes
    thumbnail: bytes
    content_type: str
    suffix: str
    width: int
    height: int


def read_picture(content: bytes) -> Picture:
    """Check and redraw a picture.

    :raises NotAPictureError: it cannot be read.
    :raises PictureTooLargeError: too many bytes or pixels.
    """
    if len(content) > MAX_BYTES:
        message = f"A picture may have {MAX_BYTES // 1024 // 1024} MiB at most."
        raise PictureTooLargeError(message, fields={"file": [message]})
    if content.startswith(JPEG) and content.count(SCAN) > MOST_SCANS:
        message = "This JPEG has more layers than a picture needs."
        raise NotAPictureError(message, fields={"file": [message]})
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(BytesIO(content), formats=list(CONTENT_TYPES)) as image,
        ):
            return _redrawn(image)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        message = "This is not a JPEG, PNG, WebP or GIF picture."
        raise NotAPictureError(message, fields={"file": [message]}) from error


def _redrawn(image: Image.Image) -> Picture:
    kind = image.format or ""
    if image.width * image.height > MAX_PIXELS:
        message = f"A picture may have {MAX_PIXELS // 1_000_000} million pixels at most."
        raise PictureTooLargeError(message, fields={"file": [message]})
    upright = ImageOps.exif_transpose(image)
    mode = "RGB" if kind == "JPEG" else "RGBA"
    pixels = upright.convert(mode)
    large = pixels.resize(fitted(width=pixels.width, height=pixels.height, side=MAX_SIDE))
    small = pixels.resize(fitted(width=pixels.width, height=pixels.height, side=THUMBNAIL_SIDE))
    return Picture(
        content=_encoded(large, kind),
        thumbnail=_encoded(small, "WEBP"),
        content_type=CONTENT_TYPES[kind],
        suffix=SUFFIXES[kind],
        width=large.width,
        height=large.height,
    )


def _encoded(image: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    bare.save(out, format=kind, quality=85, optimize=True)
    return out.getvalue()

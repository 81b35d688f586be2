"""Reads an untrusted picture and draws it anew: what is kept holds pixels only, no metadata and nothing hidden."""

import struct
import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO

from PIL import ExifTags, Image

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

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What sets a picture upright, by its orientation in the EXIF."""
STUMBLES = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError),
    *(SyntaxError, TypeError, ValueError, struct.error, zlib.error, Image.DecompressionBombError),
)
"""What Pillow's readers raise at a damaged file: mostly whatever it makes them do."""
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
    except STUMBLES as error:
        message = "This is not a JPEG, PNG, WebP or GIF picture."
        raise NotAPictureError(message, fields={"file": [message]}) from error


def _redrawn(image: Image.Image) -> Picture:
    kind = image.format or ""
    if image.width * image.height > MAX_PIXELS:
        message = f"A picture may have {MAX_PIXELS // 1_000_000} million pixels at most."
        raise PictureTooLargeError(message, fields={"file": [message]})
    pixels = _upright(image).convert("RGB" if kind == "JPEG" else "RGBA")
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


def _upright(image: Image.Image) -> Image.Image:
    """Turn it as the camera was held; ImageOps writes the rest of the EXIF anew, and stumbles over what is broken there."""
    image.load()
    turn = TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    return image if turn is None else image.transpose(turn)


def _encoded(image: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    bare.save(out, format=kind, quality=85, optimize=True)
    return out.getvalue()

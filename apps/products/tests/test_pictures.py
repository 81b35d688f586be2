"""What is drawn anew of an untrusted picture, without a database."""

import struct
from io import BytesIO

import pytest
from PIL import ExifTags, Image, ImageOps
from PIL.PngImagePlugin import PngImageFile

from apps.products.services.pictures import NotAPictureError, read_picture

pytestmark = pytest.mark.once

ASCII, SHORT = 2, 3
X_RESOLUTION = 0x011A


def drawn(kind: str = "PNG", *, exif: Image.Exif | bytes = b"", progressive: bool = False) -> bytes:
    """Return a picture of 80 by 40 with one red corner."""
    image = Image.new("RGB", (80, 40), "white")
    image.paste("red", (0, 0, 20, 10))
    out = BytesIO()
    image.save(out, kind, exif=exif, progressive=progressive)
    return out.getvalue()


def exif_of(*entries: tuple[int, int, bytes]) -> bytes:
    """Return a block as cameras write it: a tag, its type, and its value of four bytes."""
    body = b"".join(struct.pack("<HHI", tag, kind, 1) + value for tag, kind, value in entries)
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + body + bytes(4)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright_however_the_camera_was_held(orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    content = drawn(exif=exif)
    with Image.open(BytesIO(content)) as given:
        expected = ImageOps.exif_transpose(given).convert("RGBA")

    picture = read_picture(content)

    with Image.open(BytesIO(picture.content)) as kept:
        assert (kept.size, kept.tobytes()) == (expected.size, expected.tobytes())
    assert (picture.width, picture.height) == expected.size


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_broken_notes_of_the_camera_keep_nobody_from_seeing_the_picture(kind: str) -> None:
    broken = exif_of((ExifTags.Base.Orientation, SHORT, b"\6\0\0\0"), (X_RESOLUTION, ASCII, b"A\0\0\0"))

    picture = read_picture(drawn(kind, exif=broken))

    assert (picture.width, picture.height) == (40, 80)


@pytest.mark.parametrize("stumble", [struct.error, EOFError, KeyError, TypeError, ZeroDivisionError, RecursionError])
def test_a_picture_over_which_its_reader_stumbles_is_refused(
    monkeypatch: pytest.MonkeyPatch, stumble: type[Exception]
) -> None:
    def load(_image: Image.Image) -> None:
        raise stumble

    monkeypatch.setattr(PngImageFile, "load", load)

    with pytest.raises(NotAPictureError):
        read_picture(drawn())


def test_a_jpeg_of_layer_upon_layer_is_refused_undrawn() -> None:
    whole = drawn("JPEG", progressive=True)
    layer = whole[whole.rindex(b"\xff\xda") : whole.rindex(b"\xff\xd9")]
    made_to_hurt = whole[: -len(b"\xff\xd9")] + layer * 200 + b"\xff\xd9"

    with pytest.raises(NotAPictureError, match="more layers"):
        read_picture(made_to_hurt)

    assert read_picture(whole).width == 80

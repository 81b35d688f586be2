"""Which pictures are taken in, and how large they may be."""

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_SIDE = 2400
"""Larger pictures are made smaller, in pixels of the longer side."""
THUMBNAIL_SIDE = 480
MAX_PICTURES = 100
"""How many pictures one product may have."""

CONTENT_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "GIF": ".gif"}


def fitted(*, width: int, height: int, side: int) -> tuple[int, int]:
    """Return the size that fits into a square, with the same proportions; never larger than it was."""
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))

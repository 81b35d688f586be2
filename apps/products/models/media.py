"""Pictures of products."""

from pathlib import PurePosixPath

from django.db import models

from apps.products.models.catalogue import Product, Variant
from kernel.clock import now
from kernel.ids import uuid7


def picture_path(media: "Media", filename: str) -> str:
    """Return where a picture is kept; the name that the visitor gave is not used."""
    return f"products/{media.id.hex[-4:-2]}/{media.id}{PurePosixPath(filename).suffix}"


def thumbnail_path(media: "Media", filename: str) -> str:
    """Return where the small version of a picture is kept."""
    return f"products/{media.id.hex[-4:-2]}/{media.id}-small{PurePosixPath(filename).suffix}"


class Media(models.Model):
    """One picture of a product, kept by us (``file``) or still elsewhere (``source_url`` alone)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="media")
    variant = models.ForeignKey(Variant, null=True, blank=True, on_delete=models.SET_NULL, related_name="media")
    file = models.FileField(upload_to=picture_path, max_length=255, blank=True, default="")
    thumbnail = models.FileField(upload_to=thumbnail_path, max_length=255, blank=True, default="")
    source_url = models.CharField(max_length=1000, blank=True, default="")
    alt = models.CharField(max_length=500, blank=True, default="")
    position = models.PositiveIntegerField(default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    content_type = models.CharField(max_length=50, blank=True, default="")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=now)
    updated_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name_plural = "media"
        indexes = (models.Index(fields=("product", "position", "id"), name="products_media_order"),)

    def __str__(self) -> str:
        return str(self.id)

    @property
    def url(self) -> str:
        """Return where the picture can be seen; empty while we do not have it."""
        return str(self.file.url) if self.file else ""

    @property
    def thumbnail_url(self) -> str:
        """Return the small version, or the picture itself where there is none."""
        return str(self.thumbnail.url) if self.thumbnail else self.url

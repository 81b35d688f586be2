"""The number of the catalogue: caches learn of every change, even of one whose process was ended too early."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from apps.products.models.media import Media
from apps.products.rules.pictures import MAX_PICTURES
from apps.products.selectors.catalogue import catalogue_version
from apps.products.services.media import TooManyPicturesError, add_picture, note_picture
from apps.products.tests.factories import ProductFactory
from kernel import clock
from kernel.actors import SYSTEM
from kernel.periodic import all_jobs

pytestmark = pytest.mark.django_db


def test_a_change_that_nobody_counted_is_seen_after_ten_minutes() -> None:
    job = next(job for job in all_jobs() if job.name == "products.count_up_for_the_lost")
    before = catalogue_version()

    job.function()

    assert catalogue_version() > before
    assert job.rhythm == timedelta(minutes=10)


def test_a_picture_without_a_place_leaves_no_files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    product = ProductFactory()
    for number in range(MAX_PICTURES):
        note_picture(product_id=product.id, source_url=f"https://x.example/{number}", actor=SYSTEM, now=clock.now())
    content = BytesIO()
    Image.new("RGB", (4, 4)).save(content, "PNG")

    with pytest.raises(TooManyPicturesError):
        add_picture(product_id=product.id, content=content.getvalue(), actor=SYSTEM, now=clock.now())

    assert Media.objects.filter(product=product).count() == MAX_PICTURES
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

"""Files of pictures leave the storage only once the database has let go of them."""

from collections.abc import Sequence
from functools import partial

from apps.products.models.media import Media
from kernel.transactions import on_commit


def forget_files(media: Sequence[Media]) -> None:
    """Delete the files of these pictures after the running transaction has committed."""
    for picture in media:
        for stored in (picture.file, picture.thumbnail):
            if stored:
                on_commit(partial(stored.storage.delete, stored.name), service="products")

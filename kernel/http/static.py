"""Static files with their hash in the name; a missing file costs a picture, never the page."""

from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class LenientStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Falls back to the plain name when a file is not in the manifest."""

    manifest_strict = False

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        """Return the hashed name, or the name itself for an unknown file."""
        try:
            return str(super().hashed_name(name, content, filename))
        except ValueError:
            return name

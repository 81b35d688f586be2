"""Fields that several forms of the catalogue share."""

from typing import Any

from django import forms

MAX_COUNT = 1_000_000_000


class CountField(forms.IntegerField):
    """A whole number of things that are on a shelf or on scales."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"inputmode": "numeric", "autocomplete": "off"}
        super().__init__(min_value=0, max_value=MAX_COUNT, widget=forms.NumberInput(attrs=attributes), **kwargs)


def lines(text: str) -> list[str]:
    """Return the lines of a text area that say something."""
    return [line.strip() for line in text.splitlines() if line.strip()]

"""What the forms of the back office share: refusals at their field, amounts, pieces of order lines."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from kernel.money import Money

AMOUNT = re.compile(r"^[0-9]{1,15}(?:[.,][0-9]{1,4})?\Z")
SEARCH_LENGTH = 200


class OfficeForm(forms.Form):
    """A form that shows what a service refused, with all that was typed."""

    def refuse(self, error: DomainError) -> None:
        """Put the refusal at the fields that it names, or above the form."""
        named: Mapping[str, list[str]] = {name: texts for name, texts in error.fields.items() if name in self.fields}
        for name, texts in named.items():
            self.add_error(name, list(texts))
        if not named:
            self.add_error(None, error.message)

    def money(self, name: str, *, currency: str) -> Money | None:
        """Read a cleaned amount in a currency; what does not fit becomes an error of the field."""
        text = self.cleaned_data.get(name)
        if not text:
            return None
        try:
            return Money.of(text, currency)
        except DomainError as error:
            self.add_error(name, error.message)
            return None


class AmountField(forms.CharField):
    """An amount of money as people write it: ``12``, ``12.50`` or ``12,50``."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"inputmode": "decimal", "autocomplete": "off"}
        super().__init__(max_length=20, widget=forms.TextInput(attrs=attributes), **kwargs)

    def clean(self, value: Any) -> str:
        """Return the amount with a point, or an empty text."""
        text = str(super().clean(value))
        if text and not AMOUNT.match(text):
            raise ValidationError(_("Enter an amount such as 12.50."), code="invalid")
        return text.replace(",", ".")


class SearchForm(forms.Form):
    """What is looked for; read from the address."""

    q = forms.CharField(
        label=_("Search"), max_length=SEARCH_LENGTH, required=False, widget=forms.TextInput(attrs={"type": "search"})
    )


def posted_lines(text: str) -> list[str]:
    """Return the lines of a text area that say something."""
    return [line.strip() for line in text.splitlines() if line.strip()]

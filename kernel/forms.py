"""Amounts of money in forms, as people write them."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from kernel.money import Money

AMOUNT = re.compile(r"^[0-9]{1,15}(?:[.,][0-9]{1,4})?\Z")


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


def money_of(form: forms.Form, name: str, *, currency: str) -> Money | None:
    """Read a cleaned amount in a currency; what does not fit becomes an error of the field."""
    text = form.cleaned_data.get(name)
    if not text:
        return None
    try:
        return Money.of(text, currency)
    except DomainError as error:
        form.add_error(name, error.message)
        return None

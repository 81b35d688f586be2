"""What forms share: amounts and moments as people write them, refusals at their field, and the version of what is changed."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from kernel.lines import one_line
from kernel.money import Money

STALE = "precondition_failed"
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


class LineField(forms.CharField):
    """A text of one line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validators=[one_line], **kwargs)


class MomentField(forms.DateTimeField):
    """A moment, in UTC once it is cleaned."""

    def to_python(self, value: Any) -> datetime | None:
        """Read it; with an offset it may lie outside the years that there are."""
        moment = super().to_python(value)
        try:
            return moment.astimezone(UTC) if moment else None
        except OverflowError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


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


class ServiceForm(forms.Form):
    """Fields whose values go to one service; shows what that refused, with all that was typed."""

    names: ClassVar[Mapping[str, str]] = {}
    """The fields of the service that are called otherwise here."""

    def refuse(self, error: DomainError) -> None:
        """Put the refusal at the fields that it names, or above the form."""
        placed = False
        for name, messages in error.fields.items():
            field = self.names.get(name, name)
            if field in self.fields:
                self.add_error(field, list(messages))
                placed = True
        if not placed:
            self.add_error(None, error.message)


class VersionedForm(ServiceForm):
    """A form about something that somebody else may change meanwhile."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False, widget=forms.HiddenInput)

    def refuse_stale(self, error: DomainError, *, current: int) -> None:
        """Show a refusal; after a change by somebody else, sending the form again is a decision to overwrite it."""
        if error.code != STALE:
            self.refuse(error)
            return
        self.data = dict(self.data.items()) | {self.add_prefix("version"): str(current)}
        self.add_error(
            None,
            _(
                "Somebody else changed this meanwhile. What you typed is still here: save again to replace their change."
            ),
        )

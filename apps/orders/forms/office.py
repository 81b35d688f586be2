"""What the forms of the back office share: refusals at their field, amounts, pieces of order lines."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from kernel.forms import money_of
from kernel.money import Money

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
        return money_of(self, name, currency=currency)


class SearchForm(forms.Form):
    """What is looked for; read from the address."""

    q = forms.CharField(
        label=_("Search"), max_length=SEARCH_LENGTH, required=False, widget=forms.TextInput(attrs={"type": "search"})
    )


def posted_lines(text: str) -> list[str]:
    """Return the lines of a text area that say something."""
    return [line.strip() for line in text.splitlines() if line.strip()]

"""What the forms of the back office share: refusals at their field, amounts, pieces of order lines."""

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel.forms import ServiceForm, money_of
from kernel.money import Money

SEARCH_LENGTH = 200


class OfficeForm(ServiceForm):
    """A form that shows what a service refused, with all that was typed."""

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

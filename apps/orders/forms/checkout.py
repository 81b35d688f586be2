"""What is typed at the till: who, where to, and anything the shop should know."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from babel import Locale
from django import forms
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.orders.selectors.shop import shop
from kernel.addresses import Address
from kernel.forms import LineField
from kernel.http.validation import countries

BILLING = "billing_"
ADDRESS = ("name", "line1", "line2", "postcode", "city", "region", "country")
ROWS = (("name",), ("line1",), ("line2",), ("postcode", "city"), ("region",), ("country",))
REQUIRED = ("name", "line1", "postcode", "city", "country")
AUTOCOMPLETE = {
    "name": "name",
    "line1": "address-line1",
    "line2": "address-line2",
    "postcode": "postal-code",
    "city": "address-level2",
    "region": "address-level1",
    "country": "country",
}
REDRAW_ON_CHANGE = {
    "data-hx-post": "/checkout/",
    "data-hx-trigger": "change",
    "data-hx-vals": '{"update": "country"}',
    "data-hx-target": "#delivery",
    "data-hx-select": "#delivery",
    "data-hx-select-oob": "#checkout-summary",
    "data-hx-swap": "outerHTML",
}
"""Another country has other ways of delivery, prices and taxes."""


class CheckoutForm(forms.Form):
    """One page: contact, delivery and bill; ``shipping_method`` and ``payment_method`` are drawn as cards."""

    email = forms.EmailField(
        label=_("Email"),
        help_text=_("The confirmation and the link to your order go here."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )
    name = LineField(label=_("Full name"), max_length=120)
    line1 = LineField(label=_("Street and number"), max_length=200)
    line2 = LineField(label=_("Flat, floor, company"), max_length=200, required=False)
    postcode = LineField(label=_("Postcode"), max_length=20)
    city = LineField(label=_("Town"), max_length=120)
    region = LineField(label=_("Region"), max_length=120, required=False)
    country = forms.ChoiceField(label=_("Country"), widget=forms.Select(attrs=REDRAW_ON_CHANGE))
    same_billing = forms.BooleanField(label=_("The bill goes to the same address"), required=False, initial=True)
    shipping_method = forms.CharField(label=_("Delivery"), max_length=40, required=False)
    payment_method = forms.CharField(label=_("Payment"), max_length=40, required=False)
    note = forms.CharField(
        label=_("A word to the shop"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    total = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ADDRESS:
            self.fields[BILLING + name] = _billing_field(self.fields[name])
        _choose(self.fields["country"], deliverable())
        _choose(self.fields[f"{BILLING}country"], countries())
        for name, token in AUTOCOMPLETE.items():
            self.fields[name].widget.attrs["autocomplete"] = f"shipping {token}"
            self.fields[BILLING + name].widget.attrs["autocomplete"] = f"billing {token}"

    def clean(self) -> dict[str, Any]:
        """Ask for a second address only when the bill does not follow the parcel."""
        typed = super().clean() or self.cleaned_data
        if not typed.get("same_billing"):
            for name in REQUIRED:
                if not typed.get(BILLING + name) and BILLING + name not in self.errors:
                    self.add_error(BILLING + name, self.fields[name].error_messages["required"])
        return typed

    def shipping_address(self) -> Address:
        """Return where the parcel goes."""
        return Address(**{name: self.cleaned_data[name] for name in ADDRESS})

    def billing_address(self) -> Address | None:
        """Return where the bill goes when it is another place."""
        if self.cleaned_data["same_billing"]:
            return None
        return Address(**{name: self.cleaned_data[BILLING + name] for name in ADDRESS})

    def chosen_country(self) -> str:
        """Return where the parcel goes as far as it is known; empty while it is not a country of ours."""
        code = self["country"].value()
        return code if code in deliverable() else ""

    def address_rows(self) -> list[list[forms.BoundField]]:
        """Return the fields of the parcel's address as they stand on the page."""
        return [[self[name] for name in row] for row in ROWS]

    def billing_rows(self) -> list[list[forms.BoundField]]:
        """Return the fields of the bill's address as they stand on the page."""
        return [[self[BILLING + name] for name in row] for row in ROWS]


def initial_of(address: Address) -> Mapping[str, str]:
    """Return an address as the form's first values."""
    return {name: getattr(address, name) for name in ADDRESS}


def deliverable() -> frozenset[str]:
    """Return the countries that at least one delivery method reaches."""
    reached = [frozenset(method.countries) for method in shop().methods]
    return frozenset[str]().union(*reached) if all(reached) and reached else countries()


def _billing_field(field: forms.Field) -> forms.Field:
    """Return the same field for the bill; ``clean`` decides whether it is needed."""
    if isinstance(field, forms.ChoiceField):
        return forms.ChoiceField(label=field.label, required=False, initial=lambda: shop().settings.country)
    assert isinstance(field, forms.CharField)
    label = field.label if field.required else format_lazy("{} {}", field.label, _("(optional)"))
    return LineField(label=label, max_length=field.max_length, required=False)


def _choose(field: forms.Field, codes: frozenset[str]) -> None:
    assert isinstance(field, forms.ChoiceField)
    field.choices = country_choices(codes, get_language() or "en")


@lru_cache(maxsize=32)
def country_choices(codes: frozenset[str], language: str) -> list[tuple[str, str]]:
    """Return countries by name, as a language calls them."""
    names = Locale.parse(language.replace("-", "_")).territories
    return sorted(((code, names.get(code, code)) for code in codes), key=lambda choice: choice[1])

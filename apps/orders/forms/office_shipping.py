"""A delivery method, as staff types it."""

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from apps.orders.forms.office import OfficeForm, posted_lines
from apps.orders.forms.office_settings import TAX_CLASS
from apps.orders.models.settings import ShippingMethod
from apps.orders.rules.shipping import ShippingKind, WeightBand
from apps.orders.services.shipping_methods import ShippingTerms
from kernel.errors import DomainError
from kernel.forms import AMOUNT, AmountField, VersionedForm
from kernel.http.validation import countries
from kernel.money import Money

KINDS: Final = [
    (ShippingKind.FLAT.value, _("One price")),
    (ShippingKind.FREE_ABOVE.value, _("One price, free from a sum on")),
    (ShippingKind.BY_WEIGHT.value, _("By weight")),
]
CODE = RegexValidator(r"^[a-zA-Z0-9_-]+\Z", _("Letters, digits, hyphens."))
OPEN_END: Final = "more"
MOST_GRAMS: Final = 1_000_000_000
MOST_BANDS: Final = 50


class ShippingForm(OfficeForm, VersionedForm):
    """Everything about one way to deliver; prices in the shop's currency."""

    name = forms.CharField(label=_("Name"), max_length=100)
    code = forms.CharField(
        label=_("Code"), max_length=40, validators=[CODE], help_text=_("Short and lasting: post, express, pickup.")
    )
    description = forms.CharField(
        label=_("Description"), max_length=200, required=False, help_text=_("What customers read: 2 to 4 days.")
    )
    kind = forms.ChoiceField(label=_("Price"), choices=KINDS)
    price = AmountField(label=_("Price of a parcel"), required=False, help_text=_("Not used by weight."))
    free_above = AmountField(label=_("Free from"), required=False)
    bands = forms.CharField(
        label=_("Weight bands"),
        max_length=4000,
        required=False,
        help_text=_("One a line, in grams: “1000: 4.90”. The last may say “more: 12.90”."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    countries = forms.CharField(
        label=_("Countries"),
        max_length=1000,
        required=False,
        help_text=_("Two letters each: FI, SE, NO. Empty: everywhere."),
    )
    tax_class = forms.CharField(label=_("Tax class"), max_length=40, initial="standard", validators=[TAX_CLASS])
    position = forms.IntegerField(
        label=_("Position"), min_value=0, max_value=10_000, initial=0, help_text=_("Smaller numbers come first.")
    )
    is_active = forms.BooleanField(label=_("Offered to customers"), required=False, initial=True)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def clean_countries(self) -> list[str]:
        """Return the codes, and refuse what is no country."""
        codes = [code.upper() for code in re.split(r"[\s,;]+", self.cleaned_data["countries"]) if code]
        unknown = sorted(set(codes) - countries())
        if unknown:
            raise ValidationError(_("Not a country: %(codes)s."), params={"codes": ", ".join(unknown)[:100]})
        return codes

    def clean_bands(self) -> list[WeightBand]:
        """Return the weight bands."""
        rows = posted_lines(self.cleaned_data["bands"])
        if len(rows) > MOST_BANDS:
            raise ValidationError(_("At most %(count)d bands."), params={"count": MOST_BANDS})
        return [self._band(row) for row in rows]

    def clean(self) -> dict[str, Any]:
        """Read the prices."""
        typed = super().clean() or self.cleaned_data
        needs_price = typed.get("kind") != ShippingKind.BY_WEIGHT
        if needs_price and not typed.get("price") and "price" not in self.errors:
            self.add_error("price", _("Say what a parcel costs; 0 is free."))
        typed["price_money"] = self.money("price", currency=self.currency) or Money.zero(self.currency)
        typed["free_above_money"] = self.money("free_above", currency=self.currency)
        return typed

    def as_terms(self) -> ShippingTerms:
        """Return the method as the services want it."""
        names = ("code", "name", "description", "bands", "countries", "tax_class", "is_active", "position")
        return ShippingTerms(
            **{name: self.cleaned_data[name] for name in names},
            kind=ShippingKind(self.cleaned_data["kind"]),
            price=self.cleaned_data["price_money"],
            free_above=self.cleaned_data["free_above_money"],
        )

    def _band(self, row: str) -> WeightBand:
        limit, _colon, price = (part.strip() for part in row.partition(":"))
        is_open = limit.lower() == OPEN_END
        is_weight = limit.isascii() and limit.isdigit() and len(limit) <= len(str(MOST_GRAMS)) and int(limit) > 0
        if not (is_open or is_weight) or not AMOUNT.match(price):
            raise ValidationError(_("“%(row)s” is not a band such as “1000: 4.90”."), params={"row": row[:60]})
        try:
            money = Money.of(price.replace(",", "."), self.currency)
        except DomainError as error:
            raise ValidationError(error.message) from error
        return WeightBand(up_to_grams=None if is_open else int(limit), price_minor=money.minor)


def shipping_initial(method: ShippingMethod) -> dict[str, Any]:
    """Return what the form of a method shows before anything is typed."""
    names = ("code", "name", "description", "kind", "tax_class", "position", "is_active", "version")
    free_above = method.free_above
    return {name: getattr(method, name) for name in names} | {
        "price": method.price.as_text(),
        "free_above": free_above.as_text() if free_above else "",
        "bands": "\n".join(_band_text(band, currency=method.currency) for band in method.tariff.bands),
        "countries": ", ".join(method.countries),
    }


def _band_text(band: WeightBand, *, currency: str) -> str:
    limit = OPEN_END if band.up_to_grams is None else band.up_to_grams
    return f"{limit}: {Money(band.price_minor, currency).as_text()}"

"""The shop's settings and its tax rates, as staff types them."""

from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel import Locale
from django import forms
from django.core.validators import RegexValidator
from django.forms import BoundField
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.orders.forms.checkout import country_choices
from apps.orders.forms.office import OfficeForm
from apps.orders.models.settings import ShopSettings, TaxRate
from apps.orders.rules.totals import PPM, TaxMode
from kernel.forms import VersionedForm
from kernel.http.validation import countries
from kernel.money import is_currency

TAX_CLASS = RegexValidator(r"^[a-z0-9_-]+\Z", _("Small letters, digits, hyphens."))
BIC = RegexValidator(r"^[A-Z0-9]{8}([A-Z0-9]{3})?\Z", _("Eight or eleven letters and digits."))
ROUNDING = [(TaxMode.PER_LINE.value, _("in each line")), (TaxMode.PER_TOTAL.value, _("in the total"))]


class SettingsForm(OfficeForm, VersionedForm):
    """Everything about the shop that is no list."""

    name = forms.CharField(label=_("Name of the shop"), max_length=100)
    description = forms.CharField(
        label=_("Description"),
        max_length=300,
        required=False,
        help_text=_("The line on the first page, and what search engines show."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    country = forms.ChoiceField(label=_("Country"), help_text=_("Its taxes hold until a customer names another one."))
    currency = forms.ChoiceField(
        label=_("Currency"),
        help_text=_("Delivery prices keep their digits; prices of products are not changed. Baskets begin anew."),
    )
    low_stock_mark = forms.IntegerField(
        label=_("Low stock from"), min_value=0, max_value=1_000_000, help_text=_("Pieces; a product can have its own.")
    )
    prices_include_tax = forms.BooleanField(label=_("Prices include tax"), required=False)
    tax_mode = forms.ChoiceField(label=_("Tax is rounded"), choices=ROUNDING)
    invoice_days = forms.IntegerField(label=_("Days to pay a bill"), min_value=1, max_value=365)
    bank_transfer_days = forms.IntegerField(label=_("Days to wait for a transfer"), min_value=1, max_value=60)
    card_minutes = forms.IntegerField(label=_("Minutes to pay by card"), min_value=5, max_value=1440)
    bank_account_holder = forms.CharField(label=_("Account holder"), max_length=100, required=False)
    bank_iban = forms.CharField(label="IBAN", max_length=34, required=False)
    bank_bic = forms.CharField(label="BIC", max_length=11, required=False, validators=[BIC])
    sender_name = forms.CharField(
        label=_("Sender's name"), max_length=100, required=False, help_text=_("Empty: the name of the shop.")
    )
    sender_email = forms.EmailField(
        label=_("Sender's address"), max_length=254, required=False, help_text=_("Empty: the server's own.")
    )
    notify_email = forms.EmailField(
        label=_("Tell about new orders and low stock"), max_length=254, required=False, help_text=_("Empty: nobody.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "en"
        _choose(self.fields["country"], country_choices(countries(), language))
        _choose(self.fields["currency"], currency_choices(language))

    def as_changes(self) -> dict[str, Any]:
        """Return the settings by their names."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    def sections(self) -> list[tuple[str, list[list[BoundField]]]]:
        """Return the fields in groups and rows as they stand on the page."""
        plan = [
            (_("Shop"), [["name"], ["description"], ["country", "currency"], ["low_stock_mark"]]),
            (_("Tax"), [["prices_include_tax"], ["tax_mode"]]),
            (_("Payment"), [["invoice_days", "bank_transfer_days", "card_minutes"]]),
            (_("Bank account"), [["bank_account_holder"], ["bank_iban", "bank_bic"]]),
            (_("Mail"), [["sender_name", "sender_email"], ["notify_email"]]),
        ]
        return [(str(title), [[self[name] for name in row] for row in rows]) for title, rows in plan]


def settings_initial(settings: ShopSettings) -> dict[str, Any]:
    """Return what the form shows before anything is typed."""
    return {name: getattr(settings, name) for name in SettingsForm.base_fields}


class TaxRateForm(OfficeForm, VersionedForm):
    """The tax on one class of goods in one country."""

    country = forms.ChoiceField(label=_("Country"))
    tax_class = forms.CharField(
        label=_("Tax class"),
        max_length=40,
        initial="standard",
        validators=[TAX_CLASS],
        help_text=_("“standard” holds for whatever has no rate of its own."),
    )
    name = forms.CharField(label=_("Name"), max_length=60, initial="VAT")
    rate = forms.DecimalField(
        label=_("Per cent"),
        min_value=Decimal(0),
        max_value=Decimal(100),
        max_digits=7,
        decimal_places=4,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self.fields["country"], country_choices(countries(), get_language() or "en"))

    def as_rate(self) -> dict[str, Any]:
        """Return the values as the services name them; the rate in parts per million."""
        names = ("country", "tax_class", "name")
        per_cent: Decimal = self.cleaned_data["rate"]
        return {name: self.cleaned_data[name] for name in names} | {"rate_ppm": int(per_cent * PPM / 100)}


def rate_initial(rate: TaxRate) -> dict[str, Any]:
    """Return what the form of a rate shows before anything is typed."""
    names = ("country", "tax_class", "name", "version")
    return {name: getattr(rate, name) for name in names} | {"rate": per_cent_text(rate)}


def per_cent_text(rate: TaxRate) -> str:
    """Return a rate in per cent, without zeros at its end."""
    return f"{Decimal(rate.rate_ppm) * 100 / PPM:.4f}".rstrip("0").rstrip(".")


@lru_cache(maxsize=8)
def currency_choices(language: str) -> list[tuple[str, str]]:
    """Return every currency by its code, with its name in a language."""
    names = Locale.parse(language.replace("-", "_")).currencies
    return [(code, f"{code}, {names[code]}") for code in sorted(names) if is_currency(code)]


def _choose(field: forms.Field, choices: list[tuple[str, str]]) -> None:
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices

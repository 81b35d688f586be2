"""Forms about variants and what they differ in."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.products.forms.fields import CountField
from apps.products.models.catalogue import Product, Variant
from apps.products.rules.options import MAX_LENGTH, MAX_OPTIONS, Option
from apps.products.services.drafts import VariantDraft
from apps.products.services.variants import VariantFields
from kernel.forms import AmountField, ServiceForm, VersionedForm, money_of
from kernel.money import Money

OPTION_FIELDS = ("option1", "option2", "option3")


class VariantForm(VersionedForm):
    """One variant: what it is called, what it costs, what it weighs."""

    names: ClassVar[dict[str, str]] = {
        "options": "option1",
        "price_minor": "price",
        "compare_at_minor": "compare_at",
        "compare_at_price": "compare_at",
    }

    option1 = forms.CharField(max_length=MAX_LENGTH)
    option2 = forms.CharField(max_length=MAX_LENGTH)
    option3 = forms.CharField(max_length=MAX_LENGTH)
    price = AmountField(label=_("Price"))
    compare_at = AmountField(label=_("Price before"), required=False, help_text=_("Shown crossed out."))
    sku = forms.CharField(label=_("SKU"), max_length=64, required=False, help_text=_("Empty: made from the address."))
    barcode = forms.CharField(label=_("Barcode"), max_length=64, required=False)
    weight_grams = CountField(label=_("Weight in grams"), required=False, initial=0)
    low_stock_mark = CountField(label=_("Low-stock mark"), required=False, help_text=_("Empty: the shop's own mark."))
    requires_shipping = forms.BooleanField(label=_("Is shipped"), required=False, initial=True)
    is_taxable = forms.BooleanField(label=_("Is taxed"), required=False, initial=True)

    wanted_price: Money | None = None
    wanted_compare_at: Money | None = None

    def __init__(self, *args: Any, options: Sequence[Option], currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        for place, name in enumerate(OPTION_FIELDS):
            if place >= len(options):
                del self.fields[name]
                continue
            self.fields[name].label = options[place]["name"]
            self.fields[name].widget.attrs["list"] = f"values-of-{name}"
        self.known_values = [
            (f"values-of-{name}", option["values"]) for name, option in zip(OPTION_FIELDS, options, strict=False)
        ]

    def clean(self) -> dict[str, Any]:
        """Read the amounts in the product's currency."""
        self.wanted_price = money_of(self, "price", currency=self.currency)
        self.wanted_compare_at = money_of(self, "compare_at", currency=self.currency)
        return self.cleaned_data

    def as_fields(self) -> VariantFields:
        """Return the cleaned values as the service names them."""
        assert self.wanted_price is not None
        cleaned = self.cleaned_data
        fields = VariantFields(
            options=self.chosen(),
            price=self.wanted_price,
            compare_at_price=self.wanted_compare_at,
            barcode=cleaned["barcode"],
            weight_grams=cleaned["weight_grams"] or 0,
            low_stock_mark=cleaned["low_stock_mark"],
            requires_shipping=cleaned["requires_shipping"],
            is_taxable=cleaned["is_taxable"],
        )
        if cleaned["sku"]:
            fields["sku"] = cleaned["sku"]
        return fields

    def chosen(self) -> list[str]:
        """Return the values in the order of the product's options."""
        return [self.cleaned_data[name] for name in OPTION_FIELDS if name in self.fields]


class NewVariantForm(VariantForm):
    """A further variant, with what is on the shelf already."""

    on_hand = CountField(label=_("In stock"), initial=0)

    def as_draft(self) -> VariantDraft:
        """Return the variant to be made."""
        assert self.wanted_price is not None
        cleaned = self.cleaned_data
        return VariantDraft(
            price=self.wanted_price,
            sku=cleaned["sku"],
            options=self.chosen(),
            compare_at_price=self.wanted_compare_at,
            barcode=cleaned["barcode"],
            weight_grams=cleaned["weight_grams"] or 0,
            requires_shipping=cleaned["requires_shipping"],
            is_taxable=cleaned["is_taxable"],
            on_hand=cleaned["on_hand"],
            low_stock_mark=cleaned["low_stock_mark"],
        )


class OptionsForm(ServiceForm):
    """What a product can be chosen by, and what each of its variants is."""

    name1 = forms.CharField(label=_("First option"), max_length=MAX_LENGTH, required=False)
    name2 = forms.CharField(label=_("Second option"), max_length=MAX_LENGTH, required=False)
    name3 = forms.CharField(label=_("Third option"), max_length=MAX_LENGTH, required=False)

    def __init__(self, *args: Any, product: Product, variants: Sequence[Variant], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._options: list[Option] = product.options
        self._variants = variants
        for place, option in enumerate(self._options, start=1):
            self.fields[f"name{place}"].initial = option["name"]
        for variant in variants:
            values = [*variant.option_values, "", "", ""]
            for place in range(MAX_OPTIONS):
                field = forms.CharField(label=variant.sku, max_length=MAX_LENGTH, required=False, initial=values[place])
                self.fields[_value_field(variant, place)] = field

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each variant: its SKU and one field for each option."""
        return [
            {"sku": variant.sku, "fields": [self[_value_field(variant, place)] for place in range(MAX_OPTIONS)]}
            for variant in self._variants
        ]

    def choices(self) -> dict[str, list[str]]:
        """Return the values of each SKU, in the order of the named options."""
        named = self._named_places()
        return {
            variant.sku: [self.cleaned_data[_value_field(variant, place)] for place in named]
            for variant in self._variants
        }

    def options(self) -> list[Option]:
        """Return the named options with every value that a variant has; known ones keep their order."""
        chosen = list(self.choices().values())
        options = []
        for position, place in enumerate(self._named_places()):
            used = list(dict.fromkeys(values[position] for values in chosen))
            known = self._options[place]["values"] if place < len(self._options) else []
            values = [value for value in known if value in used] + [value for value in used if value not in known]
            options.append(Option(name=self.cleaned_data[f"name{place + 1}"], values=values))
        return options

    def clean(self) -> dict[str, Any]:
        """Ask for a value wherever an option is named."""
        for place in self._named_places():
            for variant in self._variants:
                field = _value_field(variant, place)
                if not self.cleaned_data.get(field) and field not in self.errors:
                    self.add_error(field, _("Each variant needs a value."))
        return self.cleaned_data

    def _named_places(self) -> list[int]:
        return [place for place in range(MAX_OPTIONS) if self.cleaned_data.get(f"name{place + 1}")]


def _value_field(variant: Variant, place: int) -> str:
    return f"value{place + 1}-{variant.id}"


def variant_initial(variant: Variant, *, low_stock_mark: int | None) -> dict[str, Any]:
    """Return what the form of a variant shows before anything is typed."""
    names = (*OPTION_FIELDS, "sku", "barcode", "weight_grams", "requires_shipping", "is_taxable", "version")
    before = variant.compare_at_price
    return {name: getattr(variant, name) for name in names} | {
        "price": variant.price.as_text(),
        "compare_at": before.as_text() if before else "",
        "low_stock_mark": low_stock_mark,
    }

"""What lists of products can be narrowed by; read from the address."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.products.forms.products import Choices
from apps.products.models.stock import ReservationState
from kernel.forms import AmountField, money_of
from kernel.money import Money

SEARCH_LENGTH = 200
AS_TYPED = {"autocapitalize": "off", "spellcheck": "false"}


class CatalogueFilters(forms.Form):
    """The filters of the shop's list."""

    ORDERINGS = (
        ("newest", _("Newest first")),
        ("price", _("Lowest price first")),
        ("-price", _("Highest price first")),
        ("name", _("By name")),
    )

    search = forms.CharField(max_length=SEARCH_LENGTH, required=False, widget=forms.HiddenInput)
    category = forms.CharField(max_length=120, required=False, widget=forms.HiddenInput)
    min_price = AmountField(label=_("Price from"), required=False)
    max_price = AmountField(label=_("Price to"), required=False)
    ordering = forms.ChoiceField(label=_("Order"), choices=ORDERINGS, required=False)
    in_stock = forms.BooleanField(label=_("In stock only"), required=False)

    lowest: Money | None = None
    highest: Money | None = None

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        self.currency = currency
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Read the prices in the shop's currency."""
        self.lowest = money_of(self, "min_price", currency=self.currency)
        self.highest = money_of(self, "max_price", currency=self.currency)
        if self.lowest and self.highest and self.lowest.minor > self.highest.minor:
            self.add_error("max_price", _("This is less than the price to start from."))
        return self.cleaned_data

    @property
    def is_narrowed(self) -> bool:
        """True when more than search and category is chosen."""
        return any(self.data.get(name) for name in ("min_price", "max_price", "in_stock", "ordering"))


class OfficeFilters(forms.Form):
    """The filters of the back office's list."""

    STATES = (("", ""), ("yes", ""), ("no", ""))

    q = forms.CharField(
        label=_("Search"),
        max_length=SEARCH_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Name, SKU, vendor, tag")}),
    )
    category = forms.ChoiceField(label=_("Category"), required=False)
    published = forms.ChoiceField(choices=STATES, required=False, widget=forms.HiddenInput)
    low = forms.ChoiceField(choices=(("", ""), ("1", "")), required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, categories: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        category = self.fields["category"]
        assert isinstance(category, forms.ChoiceField)
        category.choices = [("", _("All categories")), *categories]


class ReservationFilters(forms.Form):
    """What the back office's list of reservations is narrowed by; sent along when a hold is released."""

    OVERDUE, ALL = "overdue", "all"

    sku = forms.CharField(label=_("SKU"), max_length=64, required=False, widget=forms.TextInput(attrs=AS_TYPED))
    order = forms.UUIDField(label=_("Id of the order"), required=False, widget=forms.TextInput(attrs=AS_TYPED))
    state = forms.ChoiceField(
        choices=((OVERDUE, ""), (ALL, ""), *ReservationState.choices), required=False, widget=forms.HiddenInput
    )

    def shown_state(self) -> str:
        """Return which tab is open; an order is looked for in all of them."""
        if self.cleaned_data.get("order"):
            return self.ALL
        return str(self.cleaned_data.get("state") or ReservationState.HELD)

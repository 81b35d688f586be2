"""What staff types to find, ship, pay, refund, cancel and annotate orders."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from apps.orders.forms.office import OfficeForm, SearchForm
from apps.orders.models.orders import Order, OrderLine
from apps.orders.rules.refunds import refundable_quantity
from apps.orders.rules.states import PaymentStatus, Status
from apps.orders.selectors.office import TABS
from apps.orders.services.fulfilments import Parcel
from apps.orders.services.refunds import RefundWish
from kernel.forms import AmountField
from kernel.money import Money

LARGEST_VERSION = 2**31 - 1


class OrderFilters(SearchForm):
    """What the list of orders is narrowed by."""

    tab = forms.ChoiceField(choices=[(name, name) for name in TABS], required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs["placeholder"] = _("Number, email or SKU")


class PiecesForm(OfficeForm):
    """A form with a number of pieces for each line of an order."""

    lines: Sequence[tuple[OrderLine, int]]
    """The lines that can be chosen from, each with the most pieces."""

    def __init__(self, *args: Any, lines: Sequence[tuple[OrderLine, int]], is_all: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [(line, most) for line, most in lines if most]
        for line, most in self.lines:
            self.fields[f"quantity-{line.id}"] = forms.IntegerField(
                label=line.product_name,
                min_value=0,
                max_value=most,
                required=False,
                initial=most if is_all else 0,
                widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            )

    def rows(self) -> list[tuple[OrderLine, int, BoundField]]:
        """Return each line with the most pieces and its field."""
        return [(line, most, self[f"quantity-{line.id}"]) for line, most in self.lines]

    def quantities(self) -> dict[str, int]:
        """Return the chosen pieces by SKU."""
        chosen = {line.sku: self.cleaned_data[f"quantity-{line.id}"] or 0 for line, _most in self.lines}
        return {sku: count for sku, count in chosen.items() if count}


class FulfilForm(PiecesForm):
    """What is in a parcel, and how it travels."""

    carrier = forms.CharField(
        label=_("Carrier"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"list": "carriers", "autocomplete": "off"}),
    )
    tracking_number = forms.CharField(
        label=_("Tracking number"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    tracking_url = forms.CharField(
        label=_("Tracking link"),
        max_length=500,
        required=False,
        help_text=_("PostNord, DHL and UPS need none."),
        widget=forms.URLInput(attrs={"autocomplete": "off", "placeholder": "https://"}),
    )
    version = forms.IntegerField(min_value=0, max_value=LARGEST_VERSION, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, order: Order, order_lines: Sequence[OrderLine], **kwargs: Any) -> None:
        left = [(line, line.left_to_ship) for line in order_lines]
        super().__init__(*args, lines=left, is_all=True, auto_id="fulfil_%s", **kwargs)
        self.initial["version"] = order.version

    def as_parcel(self) -> Parcel:
        """Return what leaves the house."""
        names = ("carrier", "tracking_number", "tracking_url")
        return Parcel(quantities=self.quantities(), **{name: self.cleaned_data[name] for name in names})


class RefundForm(PiecesForm):
    """What goes back: pieces, an amount, or pieces for another amount than their worth."""

    amount = AmountField(label=_("Amount"), required=False, help_text=_("Empty: what the chosen pieces are worth."))
    reason = forms.CharField(
        label=_("Reason"), max_length=200, required=False, help_text=_("The customer reads it in the mail.")
    )
    restock = forms.BooleanField(label=_("Put the pieces back on the shelf"), required=False)
    reference = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, order: Order, order_lines: Sequence[OrderLine], at_once: Money, **kwargs: Any
    ) -> None:
        left = [(line, refundable_quantity(line.to_refund)) for line in order_lines]
        super().__init__(*args, lines=left, is_all=False, auto_id="refund_%s", **kwargs)
        self.currency, self.at_once = order.currency, at_once
        self.initial["reference"] = f"office-{uuid4()}"
        if order.payment_status == PaymentStatus.REFUND_DUE:
            self.initial["amount"] = at_once.as_text()
        if order.status == Status.CANCELLED:
            del self.fields["restock"]

    def clean(self) -> dict[str, Any]:
        """Read the amount in the order's currency."""
        typed = super().clean() or self.cleaned_data
        typed["money"] = self.money("amount", currency=self.currency)
        return typed

    def as_wish(self) -> RefundWish:
        """Return what is to go back; the same form gives back once, however often it is sent."""
        return RefundWish(
            quantities=self.quantities(),
            amount=self.cleaned_data["money"],
            reason=self.cleaned_data["reason"],
            restock=self.cleaned_data.get("restock", False),
            reference=self.cleaned_data["reference"],
        )


class PayForm(OfficeForm):
    """Money that arrived at the bank."""

    reference = forms.CharField(
        label=_("Reference"),
        max_length=80,
        required=False,
        help_text=_("What the bank statement says. The same reference counts once."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="pay_%s")


class CancelForm(OfficeForm):
    """Why an order is called off."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        help_text=_("Kept as a note for the staff."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="cancel_%s")


class NoteForm(OfficeForm):
    """What the staff tells itself."""

    text = forms.CharField(label=_("Note for the staff"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="note_%s")

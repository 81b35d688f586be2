"""The form with which staff write down what was counted."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.products.forms.fields import CountField
from kernel.forms import ServiceForm


class StockForm(ServiceForm):
    """What is on the shelf of one SKU, and why it changed."""

    sku = forms.ChoiceField(label=_("SKU"))
    on_hand = CountField(label=_("Counted"), help_text=_("What is on the shelf, reserved ones included."))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("Delivery, count, damage …")}),
    )

    def __init__(self, *args: Any, skus: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sku = self.fields["sku"]
        assert isinstance(sku, forms.ChoiceField)
        sku.choices = [(name, name) for name in skus]
